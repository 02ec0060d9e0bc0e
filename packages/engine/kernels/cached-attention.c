/**
 * Attention of new tokens over cached keys and values, `softmax(scale · q · kᵀ) · v`. A single token reads each key once, for
 * all heads of queries that share it, and only as far as it sees; tokens in a row are handled as a group, by `attention.c`.
 */
#include "attention.h"
#include "cached-rows.h"

typedef struct {
  /** `[rows, heads, tokens, width]`. */
  HeadRows q, out;
  /** `[of, heads / shared, length, width]`. */
  HeadRows k, v;
  CachedRows places;
  int32_t heads, shared;
  int32_t width;
  /** Columns that a query sees at most; 0 if there is no such limit. */
  int32_t window;
  float scale;
} CachedAttentionArgs;

/** Columns of a block: their scores for all heads that share them stay in scratch. */
enum { DECODE_KEYS = 256, DECODE_HEADS = SCRATCH_FLOATS / 2 / DECODE_KEYS };

enum {
  /** Tokens that are worth a group: its cost is that of a vector of them. */
  LEAST_GROUPED = 3,
  /** Width of rows that the scratch of `attention.c` has room for. */
  WIDEST_GROUPED_HEAD = 1024,
};

static int32_t cached_attention_tasks(const CachedAttentionArgs *args, int32_t phase) {
  (void)phase;
  return args->places.count * (args->heads / args->shared) * ceil_div(args->places.tokens, GROUP);
}

NO_WORKSPACE(cached_attention, CachedAttentionArgs)

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

/** Heads `first` to `last` of a token, which share keys and values. */
static void decode_heads(const Context *context, const CachedAttentionArgs *args, CachedToken token, int32_t first, int32_t last) {
  const int32_t width = args->width, shared = first / args->shared;
  // Padding sees the first column.
  const int32_t position = max_i32(token.position, 0), end = min_i32(position, args->places.length - 1) + 1;
  const int32_t begin = args->window > 0 && position >= args->window ? min_i32(position - args->window + 1, end) : 0;
  // A query that sees nothing weighs everything alike: so do scores that are masked.
  const int is_blind = begin >= end;
  DecodeSums sums[DECODE_HEADS];
  float *scores = (float *)context->scratch;
  for (int32_t head = first; head < last; head++) {
    float *out = head_row(context, &args->out, token.entry, head, token.index);
    for (int32_t d = 0; d < width; d++) out[d] = 0;
    sums[head - first] = (DecodeSums){-__builtin_inff(), 0};
  }
  const int32_t stop = is_blind ? args->places.length : end;
  for (int32_t key = is_blind ? 0 : begin; key < stop; key += DECODE_KEYS) {
    const int32_t keys = min_i32(DECODE_KEYS, stop - key);
    const Strided v = {head_row(context, &args->v, token.row, shared, key), (size_t)args->v.row};
    for (int32_t i = 0; i < keys; i++) {
      const float *row = head_row(context, &args->k, token.row, shared, key + i);
      for (int32_t head = first; head < last; head++)
        scores[(head - first) * DECODE_KEYS + i] =
            is_blind ? 0 : dot_rows(head_row(context, &args->q, token.entry, head, token.index), row, width) * args->scale;
    }
    for (int32_t head = first; head < last; head++)
      decode_block(scores + (head - first) * DECODE_KEYS, keys, v, &sums[head - first],
                   head_row(context, &args->out, token.entry, head, token.index), width);
  }
  for (int32_t head = first; head < last; head++)
    scale_head_row(head_row(context, &args->out, token.entry, head, token.index), width, 1 / sums[head - first].sum);
}

/** A group of tokens that stand one after the other: causal attention to what is cached, themselves at its end. */
static void attend_together(const Context *context, const CachedAttentionArgs *args, CachedToken first, int32_t count, int32_t head) {
  const AttentionArgs causal = {
      .q = args->q,
      .length = first.position + count,
      .width = args->width,
      .causal = 1,
      .scale = args->scale,
  };
  const int32_t shared = head / args->shared;
  attention_group(&causal, (float *)context->scratch, first.position,
                  head_row(context, &args->q, first.entry, head, first.index),
                  (Strided){head_at(context, &args->k, first.row, shared), (size_t)args->k.row},
                  (Strided){head_at(context, &args->v, first.row, shared), (size_t)args->v.row},
                  (StridedOut){head_row(context, &args->out, first.entry, head, first.index), (size_t)args->out.row});
}

/** How many tokens from this one on are best handled together: 1, or as many as stand in a row and see all before them. */
static int32_t tokens_together(const Context *context, const CachedAttentionArgs *args, CachedToken first, int32_t most) {
  if (args->width > WIDEST_GROUPED_HEAD || first.position < 0) return 1;
  const int32_t end = args->window > 0 ? min_i32(args->window, args->places.length) : args->places.length;
  int32_t count = 0;
  while (count < most && first.position + count < end &&
         cached_position(context, &args->places, first.entry, first.index + count) == first.position + count)
    count++;
  return count < LEAST_GROUPED ? 1 : count;
}

static void cached_attention_run(const Context *context, const CachedAttentionArgs *args, int32_t phase, int32_t task) {
  (void)phase;
  const int32_t groups = ceil_div(args->places.tokens, GROUP), sets = args->heads / args->shared;
  const int32_t begin = task % groups * GROUP, stop = min_i32(args->places.tokens, begin + GROUP);
  const int32_t first = task / groups % sets * args->shared, last = first + args->shared;
  CachedToken token = {.entry = task / groups / sets};
  token.row = cached_row(context, &args->places, token.entry);
  if (token.row < 0) return;
  for (token.index = begin; token.index < stop;) {
    token.position = cached_position(context, &args->places, token.entry, token.index);
    const int32_t count = tokens_together(context, args, token, stop - token.index);
    if (count > 1)
      for (int32_t head = first; head < last; head++) attend_together(context, args, token, count, head);
    else
      for (int32_t head = first; head < last; head += DECODE_HEADS)
        decode_heads(context, args, token, head, min_i32(last, head + DECODE_HEADS));
    token.index += count;
  }
}
