/** Parts that the forward and the backward pass of attention have in common. */
#ifndef ATTUNE_ATTENTION_H
#define ATTUNE_ATTENTION_H

#include "heads.h"
#include "math.h"
#include "small-product.h"
#include "turned-rows.h"

/** Queries are handled in groups, each a row of a tile wide: so that softmax is taken in the lanes, without a sum across them. */
enum { GROUP = PRODUCT_COLUMNS, GROUP_VECTORS = PRODUCT_VECTORS };

static inline int32_t whole_lanes(int32_t x, int32_t multiple) { return ceil_div(x, multiple) * multiple; }

/** Numbers of elements that a thread's scratch holds. */
enum { SCRATCH_FLOATS = SCRATCH_BYTES / 4 };

/** Copies rows into a matrix that is padded with zeros to whole vectors, or leaves them where they are, if they are whole. */
static Strided whole_vectors(Strided rows, int32_t count, int32_t width, float *to) {
  if (width % LANES == 0) return rows;
  const int32_t padded = whole_lanes(width, LANES), whole = width - width % LANES;
  for (int32_t i = 0; i < count; i++) {
    const float *from = rows.at + (size_t)i * rows.stride;
    float *row = to + (size_t)i * padded;
    for (int32_t column = 0; column < whole; column += LANES) store(row + column, load(from + column));
    store(row + whole, load_part(from + whole, width - whole));
  }
  return (Strided){to, (size_t)padded};
}

/** Multiplies a row by a factor. */
INLINE void scale_head_row(float *row, int32_t width, float factor) {
  int32_t column = 0;
  for (; column + LANES <= width; column += LANES) store(row + column, load(row + column) * factor);
  for (; column < width; column++) row[column] *= factor;
}

/** A block of a group's scores: keys in rows, queries in columns. */
typedef struct {
  /** First key of the block, and number of keys. */
  int32_t first, count;
  /** First query of the group, and number of vectors of queries. */
  int32_t query, vectors;
  int32_t causal;
} ScoreBlock;

/**
 * `to[keys, queries] = rows[keys, width] · columns[width, queries]`, apart from vectors of which the causal mask leaves
 * nothing.
 */
static void products_of(const ScoreBlock *block, int32_t width, Strided rows, const float *columns, float *to) {
  int32_t whole = block->count;
  if (block->causal && block->vectors > 1) whole = min_i32(whole, block->query + LANES - block->first);
  small_product(PRODUCT_SET, whole, block->vectors * LANES, width, rows, (Strided){columns, GROUP}, (StridedOut){to, GROUP});
  if (whole < block->count)
    small_product(PRODUCT_SET, block->count - whole, LANES, width, (Strided){rows.at + (size_t)whole * rows.stride, rows.stride},
             (Strided){columns + LANES, GROUP}, (StridedOut){to + (size_t)whole * GROUP + LANES, GROUP});
}

INLINE vi query_lanes(void) {
  vi numbers;
  for (int i = 0; i < LANES; i++) numbers[i] = i;
  return numbers;
}

/** Replaces what queries do not see by `hidden`. */
static void mask_block(const ScoreBlock *block, float hidden, float *scores) {
  if (!block->causal) return;
  for (int32_t key = max_i32(0, block->query - block->first); key < block->count; key++)
    for (int32_t j = 0; j < block->vectors; j++) {
      float *to = scores + (size_t)key * GROUP + j * LANES;
      const vi queries = query_lanes() + (block->query + j * LANES);
      store(to, choose(queries < block->first + key, splat(hidden), load(to)));
    }
}

/** The largest score of each query, or what was the largest before. */
INLINE vf largest_score(const float *scores, int32_t count, vf before) {
  vf even = before, odd = before;
  int32_t key = 0;
  for (; key + 1 < count; key += 2) {
    even = max_v(even, load(scores + (size_t)key * GROUP));
    odd = max_v(odd, load(scores + (size_t)(key + 1) * GROUP));
  }
  if (key < count) even = max_v(even, load(scores + (size_t)key * GROUP));
  return max_v(even, odd);
}

/** Keys that queries up to that of the group's end see. */
INLINE int32_t keys_seen(int32_t causal, int32_t length, int32_t query) {
  return causal ? min_i32(length, query + GROUP) : length;
}

#endif
