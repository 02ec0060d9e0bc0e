/**
 * The gradient of attention. With weights `P`, computed again, and `dP = dOut · vᵀ`: `dS = P · (dP − Σ dP·P)`,
 * `dq = scale · dS · k`, `dk = scale · dSᵀ · q`, `dv = Pᵀ · dOut`. A task goes through groups of queries of a head and adds
 * to its dk and dv, so that each product is computed once, unless the keys are too many for scratch: then weights and dP
 * are computed twice, at first for the sums over a row alone.
 */
#include "attention.h"

typedef struct {
  HeadRows q, k, v, d_out, dq, dk, dv;
  int32_t batches, heads;
  /** Heads of q that share one of k and v. */
  int32_t shared;
  /** 1 if dk and dv are sums over the heads that share them, 0 if each head has its own. */
  int32_t summed;
  int32_t length, width, causal;
  float scale;
} AttentionGradArgs;

/** A part of the queries of a head, with what belongs to it. */
typedef struct {
  const AttentionGradArgs *args;
  Strided q, k, v, d_out;
  StridedOut dq, dk, dv;
  /** Keys whose dk and dv are begun: sums are added to these, and written to the others. */
  int32_t begun;
  float *scratch;
} HeadGrad;

/** Running maximum, sum of weights, and sum of dP·P, of a vector of queries. */
typedef struct {
  vf largest, sum, weighted;
} RowSums;

/** Scratch of a group. */
typedef struct {
  float *q_columns, *d_out_columns, *q_rows, *d_out_rows, *weights, *d_scores, *k_rows;
  /** Keys of a block at most. */
  int32_t keys;
} GroupScratch;

static GroupScratch group_scratch(float *scratch, int32_t width) {
  const int32_t padded = width % LANES ? whole_lanes(width, LANES) : 0;
  GroupScratch parts;
  parts.q_columns = scratch;
  parts.d_out_columns = parts.q_columns + (size_t)width * GROUP;
  parts.q_rows = parts.d_out_columns + (size_t)width * GROUP;
  parts.d_out_rows = parts.q_rows + (size_t)padded * GROUP;
  parts.weights = parts.d_out_rows + (size_t)padded * GROUP;
  const int32_t left = (int32_t)(SCRATCH_FLOATS - (parts.weights - scratch));
  parts.keys = left / (2 * GROUP + padded) / GROUP * GROUP;
  parts.d_scores = parts.weights + (size_t)parts.keys * GROUP;
  parts.k_rows = parts.d_scores + (size_t)parts.keys * GROUP;
  return parts;
}

/** Masked scores and dP of a block. */
static void scores_of_block(const HeadGrad *head, const ScoreBlock *block, const GroupScratch *parts) {
  const size_t first = (size_t)block->first;
  const int32_t width = head->args->width;
  products_of(block, width, (Strided){head->k.at + first * head->k.stride, head->k.stride}, parts->q_columns, parts->weights);
  products_of(block, width, (Strided){head->v.at + first * head->v.stride, head->v.stride}, parts->d_out_columns,
              parts->d_scores);
  mask_block(block, -__builtin_inff(), parts->weights);
  mask_block(block, 0, parts->d_scores);
}

/** Turns a block of scores into weights, those of vector j, not yet divided by their sum, and takes the sums along. */
static void weights_along(const ScoreBlock *block, int32_t j, float *weights, const float *d_weights, RowSums *sums) {
  const int32_t keys = keys_of_vector(block, j);
  float *column = weights + j * LANES;
  const float *d_column = d_weights + j * LANES;
  const vf largest = largest_score(column, keys, sums->largest);
  vf sum = splat(0), weighted = splat(0);
  for (int32_t key = 0; key < keys; key++) {
    const size_t place = (size_t)key * GROUP;
    const vf weight = exp_negative(load(column + place) - largest);
    store(column + place, weight);
    sum += weight;
    weighted = fma_v(weight, load(d_column + place), weighted);
  }
  const vf factor = exp_negative(sums->largest - largest);
  sums->sum = sums->sum * factor + sum;
  sums->weighted = sums->weighted * factor + weighted;
  sums->largest = largest;
}

/** Divides a block of weights by their sums, and turns dP into scale · dS: those of vector j. */
static void divide_block(const ScoreBlock *block, int32_t j, float scale, float *weights, float *d_scores,
                         const RowSums *sums) {
  const vf inverse = 1.0f / sums->sum, mean = sums->weighted * inverse;
  const int32_t keys = keys_of_vector(block, j);
  for (int32_t key = 0; key < keys; key++) {
    const size_t place = (size_t)key * GROUP + (size_t)j * LANES;
    const vf weight = load(weights + place) * inverse;
    store(weights + place, weight);
    store(d_scores + place, weight * ((load(d_scores + place) - mean) * scale));
  }
  clear_unseen(block, j, weights);
  clear_unseen(block, j, d_scores);
}

/** `to[keys, width] += weights[keys, queries] · rows[queries, width]` of a block, written where a key is not yet begun. */
static void add_to_keys(const ScoreBlock *block, int32_t begun, int32_t queries, int32_t width, const float *weights, Strided rows,
                        StridedOut to) {
  const int32_t add = max_i32(0, min_i32(block->count, begun - block->first));
  float *first = to.at + (size_t)block->first * to.stride;
  small_product(PRODUCT_ADD, add, width, queries, (Strided){weights, GROUP}, rows, (StridedOut){first, to.stride});
  small_product(PRODUCT_SET, block->count - add, width, queries, (Strided){weights + (size_t)add * GROUP, GROUP}, rows,
           (StridedOut){first + (size_t)add * to.stride, to.stride});
}

/** One group of queries of a head. */
static void attention_grad_group(HeadGrad *head, int32_t query) {
  const AttentionGradArgs *args = head->args;
  const int32_t width = args->width, queries = min_i32(GROUP, args->length - query), vectors = ceil_div(queries, LANES);
  const int32_t keys = keys_seen(args->causal, args->length, query);
  const GroupScratch parts = group_scratch(head->scratch, width);
  const Strided q = {head->q.at + (size_t)query * head->q.stride, head->q.stride};
  const Strided d_out = {head->d_out.at + (size_t)query * head->d_out.stride, head->d_out.stride};
  turn_rows(q.at, q.stride, queries, width, args->scale, vectors, parts.q_columns, GROUP);
  turn_rows(d_out.at, d_out.stride, queries, width, 1, vectors, parts.d_out_columns, GROUP);
  const Strided q_rows = whole_vectors(q, queries, width, parts.q_rows);
  const Strided d_out_rows = whole_vectors(d_out, queries, width, parts.d_out_rows);
  RowSums sums[GROUP_VECTORS];
  for (int j = 0; j < GROUP_VECTORS; j++) sums[j] = (RowSums){splat(-__builtin_inff()), splat(0), splat(0)};
  for (int32_t first = 0; first < keys; first += parts.keys) {
    const ScoreBlock block = {first, min_i32(parts.keys, keys - first), query, vectors, args->causal};
    scores_of_block(head, &block, &parts);
    for (int32_t j = 0; j < vectors; j++)
      weights_along(&block, j, parts.weights, parts.d_scores, &sums[j]);
  }
  const int32_t again = keys > parts.keys;
  for (int32_t first = 0; first < keys; first += parts.keys) {
    const ScoreBlock block = {first, min_i32(parts.keys, keys - first), query, vectors, args->causal};
    if (again) scores_of_block(head, &block, &parts);
    for (int32_t j = 0; j < vectors; j++) {
      // The weights once more: of the block alone they are relative to the largest of all now.
      RowSums local = {sums[j].largest, splat(0), splat(0)};
      if (again) weights_along(&block, j, parts.weights, parts.d_scores, &local);
      divide_block(&block, j, args->scale, parts.weights, parts.d_scores, &sums[j]);
    }
    const Strided k = {head->k.at + (size_t)first * head->k.stride, head->k.stride};
    small_product_transposed(first > 0 ? PRODUCT_ADD : PRODUCT_SET, queries, width, block.count,
                        args->causal ? query - first : args->length, (Strided){parts.d_scores, GROUP},
                        whole_vectors(k, block.count, width, parts.k_rows),
                        (StridedOut){head->dq.at + (size_t)query * head->dq.stride, head->dq.stride});
    add_to_keys(&block, head->begun, queries, width, parts.weights, d_out_rows, head->dv);
    add_to_keys(&block, head->begun, queries, width, parts.d_scores, q_rows, head->dk);
  }
  head->begun = max_i32(head->begun, keys);
}

/** Sets of heads with a dk and dv of their own, and how many of queries each has. */
static int32_t grad_sets(const AttentionGradArgs *args) { return args->summed ? args->heads / args->shared : args->heads; }
static int32_t grad_set_heads(const AttentionGradArgs *args) { return args->summed ? args->shared : 1; }

/** Multiply-adds that are worth a task. */
enum { GRAD_TASK_WORK = 1 << 21 };

/** Sets of heads that a task goes through. */
static int32_t grad_sets_per_task(const AttentionGradArgs *args) {
  const int64_t head = 5 * (int64_t)args->length * args->length * args->width / (args->causal ? 2 : 1);
  const int64_t sets = GRAD_TASK_WORK / (head * grad_set_heads(args) + 1);
  return sets < 1 ? 1 : sets < 1 << 16 ? (int32_t)sets : 1 << 16;
}

static int32_t attention_grad_tasks(const AttentionGradArgs *args, int32_t phase) {
  (void)phase;
  return args->length == 0 ? 0 : ceil_div(args->batches * grad_sets(args), grad_sets_per_task(args));
}

NO_WORKSPACE(attention_grad, AttentionGradArgs)

static void attention_grad_set(const Context *context, const AttentionGradArgs *args, int32_t batch, int32_t set) {
  const int32_t heads = grad_set_heads(args), shared = set * heads / args->shared;
  HeadGrad head = {.args = args, .begun = 0, .scratch = (float *)context->scratch};
  head.k = (Strided){head_at(context, &args->k, batch, shared), (size_t)args->k.row};
  head.v = (Strided){head_at(context, &args->v, batch, shared), (size_t)args->v.row};
  head.dk = (StridedOut){head_at(context, &args->dk, batch, set), (size_t)args->dk.row};
  head.dv = (StridedOut){head_at(context, &args->dv, batch, set), (size_t)args->dv.row};
  for (int32_t index = set * heads; index < (set + 1) * heads; index++) {
    head.q = (Strided){head_at(context, &args->q, batch, index), (size_t)args->q.row};
    head.d_out = (Strided){head_at(context, &args->d_out, batch, index), (size_t)args->d_out.row};
    head.dq = (StridedOut){head_at(context, &args->dq, batch, index), (size_t)args->dq.row};
    for (int32_t query = 0; query < args->length; query += GROUP) attention_grad_group(&head, query);
  }
}

static void attention_grad_run(const Context *context, const AttentionGradArgs *args, int32_t phase, int32_t task) {
  (void)phase;
  const int32_t sets = grad_sets(args), per_task = grad_sets_per_task(args), first = task * per_task;
  const int32_t last = min_i32(args->batches * sets, first + per_task);
  for (int32_t index = first; index < last; index++) attention_grad_set(context, args, index / sets, index % sets);
}
