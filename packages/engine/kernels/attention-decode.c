/**
 * Attention of one query of each head over cached keys and values, `softmax(scale · q · kᵀ) · v`: each is read once, for all
 * heads of queries that share it, and only as far as the query sees.
 */
#include "attention.h"

typedef struct {
  /** `[batches, heads, 1, width]`. */
  HeadRows q, out;
  /** `[batches, heads / shared, length, width]`. */
  HeadRows k, v;
  /** i32 of each batch: the last column that its query sees. */
  Ref positions;
  int32_t batches, heads, shared;
  /** S and D. */
  int32_t length, width;
  /** Columns that a query sees at most; 0 if there is no such limit. */
  int32_t window;
  float scale;
} AttentionDecodeArgs;

/** Columns of a block: their scores for all heads that share them stay in scratch. */
enum { DECODE_KEYS = 256, DECODE_HEADS = SCRATCH_FLOATS / 2 / DECODE_KEYS };

static int32_t attention_decode_tasks(const AttentionDecodeArgs *args, int32_t phase) {
  (void)phase;
  return args->batches * (args->heads / args->shared);
}

NO_WORKSPACE(attention_decode, AttentionDecodeArgs)

INLINE float dot_rows(const float *a, const float *b, int32_t width) {
  vf sum = splat(0), other = splat(0);
  int32_t d = 0;
  for (; d + 2 * LANES <= width; d += 2 * LANES) {
    sum = fma_v(load(a + d), load(b + d), sum);
    other = fma_v(load(a + d + LANES), load(b + d + LANES), other);
  }
  for (; d + LANES <= width; d += LANES) sum = fma_v(load(a + d), load(b + d), sum);
  if (d < width) other = fma_v(load_part(a + d, width - d), load_part(b + d, width - d), other);
  return sum_lanes(sum + other);
}

/** `out[columns] += weights[keys] · v[keys, columns]`, of one to four vectors of columns. */
INLINE void weigh_columns(const float *weights, Strided v, int32_t keys, float *out, int vectors, int32_t tail) {
  vf sums[4];
  for (int j = 0; j < vectors; j++) sums[j] = splat(0);
  for (int32_t key = 0; key < keys; key++) {
    const float *row = v.at + (size_t)key * v.stride;
    const vf weight = splat(weights[key]);
    for (int j = 0; j < vectors; j++)
      sums[j] = fma_v(weight, tail && j == vectors - 1 ? load_part(row + j * LANES, tail) : load(row + j * LANES), sums[j]);
  }
  for (int j = 0; j < vectors; j++) {
    float *to = out + j * LANES;
    if (tail && j == vectors - 1) store_part(to, load_part(to, tail) + sums[j], tail);
    else store(to, load(to) + sums[j]);
  }
}

static void weigh_rows(const float *weights, Strided v, int32_t keys, float *out, int32_t width) {
  int32_t d = 0;
  for (; d + 4 * LANES <= width; d += 4 * LANES) weigh_columns(weights, (Strided){v.at + d, v.stride}, keys, out + d, 4, 0);
  for (; d + LANES <= width; d += LANES) weigh_columns(weights, (Strided){v.at + d, v.stride}, keys, out + d, 1, 0);
  if (d < width) weigh_columns(weights, (Strided){v.at + d, v.stride}, keys, out + d, 1, width - d);
}

/** Running maximum and sum of a head's weights. */
typedef struct {
  float largest, sum;
} DecodeSums;

/** Takes a block of a head's scores along: weights are relative to the largest score so far. */
static void decode_block(float *scores, int32_t keys, Strided v, DecodeSums *sums, float *out, int32_t width) {
  const int32_t padded = whole_lanes(keys, LANES);
  for (int32_t key = keys; key < padded; key++) scores[key] = -__builtin_inff();
  vf most = splat(sums->largest), sum = splat(0);
  for (int32_t key = 0; key < padded; key += LANES) most = max_v(most, load(scores + key));
  const float largest = max_lanes(most);
  for (int32_t key = 0; key < padded; key += LANES) {
    const vf weights = exp_negative(load(scores + key) - largest);
    store(scores + key, weights);
    sum += weights;
  }
  const float factor = exp_negative(splat(sums->largest - largest))[0];
  if (factor != 1) scale_head_row(out, width, factor);
  *sums = (DecodeSums){largest, sums->sum * factor + sum_lanes(sum)};
  weigh_rows(scores, v, keys, out, width);
}

/** Heads `first` to `last` of a batch, which share keys and values. */
static void decode_heads(const Context *context, const AttentionDecodeArgs *args, int32_t batch, int32_t first, int32_t last) {
  const int32_t width = args->width, shared = first / args->shared;
  const int32_t position = ((const int32_t *)at(context, args->positions))[batch];
  const int32_t end = position < 0 ? args->length : position < args->length ? position + 1 : args->length;
  const int32_t begin = args->window > 0 && position >= args->window ? position - args->window + 1 : 0;
  // A query that sees nothing weighs everything alike: so do scores that are masked.
  const int is_blind = position < 0 || begin >= end;
  DecodeSums sums[DECODE_HEADS];
  float *scores = (float *)context->scratch;
  for (int32_t head = first; head < last; head++) {
    float *out = head_at(context, &args->out, batch, head);
    for (int32_t d = 0; d < width; d++) out[d] = 0;
    sums[head - first] = (DecodeSums){-__builtin_inff(), 0};
  }
  const int32_t stop = is_blind ? args->length : end;
  for (int32_t key = is_blind ? 0 : begin; key < stop; key += DECODE_KEYS) {
    const int32_t keys = min_i32(DECODE_KEYS, stop - key);
    const Strided v = {head_row(context, &args->v, batch, shared, key), (size_t)args->v.row};
    for (int32_t i = 0; i < keys; i++) {
      const float *row = head_row(context, &args->k, batch, shared, key + i);
      for (int32_t head = first; head < last; head++)
        scores[(head - first) * DECODE_KEYS + i] =
            is_blind ? 0 : dot_rows(head_at(context, &args->q, batch, head), row, width) * args->scale;
    }
    for (int32_t head = first; head < last; head++)
      decode_block(scores + (head - first) * DECODE_KEYS, keys, v, &sums[head - first],
                   head_at(context, &args->out, batch, head), width);
  }
  for (int32_t head = first; head < last; head++)
    scale_head_row(head_at(context, &args->out, batch, head), width, 1 / sums[head - first].sum);
}

static void attention_decode_run(const Context *context, const AttentionDecodeArgs *args, int32_t phase, int32_t task) {
  (void)phase;
  const int32_t sets = args->heads / args->shared, batch = task / sets, set = task % sets;
  const int32_t end = (set + 1) * args->shared;
  for (int32_t head = set * args->shared; head < end; head += DECODE_HEADS)
    decode_heads(context, args, batch, head, min_i32(end, head + DECODE_HEADS));
}
