/**
 * Scaled dot-product attention, `softmax(scale · q · kᵀ) · v` of each head, without the T × T matrix: for a group of queries
 * at a time, scores of a block of keys lie in scratch. Where keys come in several blocks, maximum and sum run along.
 *
 * Sources: Milakov and Gimelshein, "Online normalizer calculation for softmax" (2018); Dao et al., "FlashAttention" (2022).
 */
#include "attention.h"

typedef struct {
  HeadRows q, k, v, out;
  int32_t batches, heads;
  /** Heads of q that share one of k and v. */
  int32_t shared;
  /** T and D. */
  int32_t length, width;
  /** 1 if a query sees the keys up to its own place only. */
  int32_t causal;
  float scale;
} AttentionArgs;

/** Keys of a block at most: their scores stay in the second-level cache. */
enum { ATTENTION_KEYS = 1024 };

/** Multiply-adds that are worth a task. */
enum { ATTENTION_TASK_WORK = 1 << 21 };

/** How heads and groups of queries are divided into tasks: several heads in one, or several tasks for a head. */
typedef struct {
  int32_t heads_per_task, tasks_per_head;
} Division;

static Division attention_division(int32_t length, int32_t width, int32_t causal) {
  const int64_t work = 2 * (int64_t)length * length * width / (causal ? 2 : 1);
  const int32_t groups = max_i32(1, ceil_div(length, GROUP));
  if (work >= ATTENTION_TASK_WORK) {
    const int64_t parts = work / ATTENTION_TASK_WORK;
    return (Division){1, parts < groups ? (int32_t)parts : groups};
  }
  const int64_t heads = ATTENTION_TASK_WORK / (work + 1);
  return (Division){heads < 1 << 16 ? max_i32(1, (int32_t)heads) : 1 << 16, 1};
}

static int32_t attention_tasks(const AttentionArgs *args, int32_t phase) {
  (void)phase;
  if (args->length == 0) return 0;
  const Division division = attention_division(args->length, args->width, args->causal);
  return ceil_div(args->batches * args->heads, division.heads_per_task) * division.tasks_per_head;
}

NO_WORKSPACE(attention, AttentionArgs)

/**
 * Turns a block of scores into weights, those of vector j, and takes their maximum and sum along. Returns the factor of what
 * was before.
 */
static vf softmax_along(const ScoreBlock *block, int32_t j, float *scores, vf *largest, vf *sum) {
  const vf before = *largest;
  const int32_t keys = keys_of_vector(block, j);
  float *column = scores + j * LANES;
  *largest = largest_score(column, keys, before);
  vf added = splat(0);
  for (int32_t key = 0; key < keys; key++) {
    const vf weight = exp_negative(load(column + (size_t)key * GROUP) - *largest);
    store(column + (size_t)key * GROUP, weight);
    added += weight;
  }
  clear_unseen(block, j, scores);
  const vf factor = exp_negative(before - *largest);
  *sum = *sum * factor + added;
  return factor;
}

/** One group of queries of a head. */
static void attention_group(const AttentionArgs *args, float *scratch, int32_t query, const float *q, Strided k, Strided v,
                            StridedOut out) {
  const int32_t width = args->width, queries = min_i32(GROUP, args->length - query);
  const int32_t keys = keys_seen(args->causal, args->length, query);
  const int32_t vectors = ceil_div(queries, LANES);
  float *columns = scratch, *scores = columns + (size_t)width * GROUP, *padded = scores + ATTENTION_KEYS * GROUP;
  const int32_t room = (int32_t)(SCRATCH_FLOATS - (padded - scratch)) / whole_lanes(width, LANES) / GROUP * GROUP;
  const int32_t most = width % LANES ? min_i32(ATTENTION_KEYS, room) : ATTENTION_KEYS;
  turn_rows(q, (size_t)args->q.row, queries, width, args->scale, vectors, columns, GROUP);
  float factors[GROUP];
  vf largest[GROUP_VECTORS], sums[GROUP_VECTORS];
  for (int j = 0; j < GROUP_VECTORS; j++) largest[j] = splat(-__builtin_inff()), sums[j] = splat(0);
  for (int32_t first = 0; first < keys; first += most) {
    const ScoreBlock block = {first, min_i32(most, keys - first), query, vectors, args->causal};
    const Strided block_v = {v.at + (size_t)first * v.stride, v.stride};
    products_of(&block, width, (Strided){k.at + (size_t)first * k.stride, k.stride}, columns, scores);
    mask_block(&block, -__builtin_inff(), scores);
    for (int32_t j = 0; j < vectors; j++)
      store(factors + j * LANES, softmax_along(&block, j, scores, &largest[j], &sums[j]));
    if (first > 0)
      for (int32_t i = 0; i < queries; i++) scale_head_row(out.at + (size_t)i * out.stride, width, factors[i]);
    small_product_transposed(first > 0 ? PRODUCT_ADD : PRODUCT_SET, queries, width, block.count,
                        args->causal ? query - first : args->length, (Strided){scores, GROUP},
                        whole_vectors(block_v, block.count, width, padded), out);
  }
  for (int32_t j = 0; j < vectors; j++) store(factors + j * LANES, 1.0f / sums[j]);
  for (int32_t i = 0; i < queries; i++) scale_head_row(out.at + (size_t)i * out.stride, width, factors[i]);
}

static void attention_run(const Context *context, const AttentionArgs *args, int32_t phase, int32_t task) {
  (void)phase;
  const Division division = attention_division(args->length, args->width, args->causal);
  const int32_t groups = ceil_div(args->length, GROUP), part = task % division.tasks_per_head;
  const int32_t begin = part_begin(groups, division.tasks_per_head, part);
  const int32_t end = part_begin(groups, division.tasks_per_head, part + 1);
  const int32_t first = task / division.tasks_per_head * division.heads_per_task;
  const int32_t last = min_i32(args->batches * args->heads, first + division.heads_per_task);
  for (int32_t index = first; index < last; index++) {
    const int32_t batch = index / args->heads, head = index % args->heads;
    const float *q = head_at(context, &args->q, batch, head);
    const Strided k = {head_at(context, &args->k, batch, head / args->shared), (size_t)args->k.row};
    const Strided v = {head_at(context, &args->v, batch, head / args->shared), (size_t)args->v.row};
    float *out = head_at(context, &args->out, batch, head);
    for (int32_t group = begin; group < end; group++) {
      const size_t query = (size_t)group * GROUP;
      attention_group(args, (float *)context->scratch, (int32_t)query, q + query * args->q.row, k, v,
                      (StridedOut){out + query * args->out.row, (size_t)args->out.row});
    }
  }
}
