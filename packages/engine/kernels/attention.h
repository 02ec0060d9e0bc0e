/** Parts that the forward and the backward pass of attention have in common. */
#ifndef ATTUNE_ATTENTION_H
#define ATTUNE_ATTENTION_H

#include "heads.h"
#include "math.h"
#include "small-product.h"
#include "turned-rows.h"

/**
 * Queries are handled in groups, side by side in the lanes, so that softmax takes no sum across lanes. A group is a product's
 * depth for the gradients of keys and values: it has to be worth reading and writing them.
 */
enum { GROUP = 32, GROUP_VECTORS = GROUP / LANES };

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

/** Keys of a block that the first `columns` queries of its group see. */
INLINE int32_t keys_before(const ScoreBlock *block, int32_t columns) {
  return block->causal ? max_i32(0, min_i32(block->count, block->query + columns - block->first)) : block->count;
}

/** Keys of a block that queries of vector j see. */
INLINE int32_t keys_of_vector(const ScoreBlock *block, int32_t j) { return keys_before(block, (j + 1) * LANES); }

/**
 * `to[keys, queries] = rows[keys, width] · columns[width, queries]`, apart from vectors of which the causal mask leaves
 * nothing.
 */
static void products_of(const ScoreBlock *block, int32_t width, Strided rows, const float *columns, float *to) {
  for (int32_t j = 0; j < block->vectors; j += PRODUCT_VECTORS) {
    const int32_t vectors = min_i32(PRODUCT_VECTORS, block->vectors - j);
    const int32_t both = keys_of_vector(block, j), last = keys_of_vector(block, j + vectors - 1);
    small_product(PRODUCT_SET, both, vectors * LANES, width, rows, (Strided){columns + j * LANES, GROUP},
                  (StridedOut){to + j * LANES, GROUP});
    // Keys that only the second vector sees.
    if (both < last)
      small_product(PRODUCT_SET, last - both, LANES, width, (Strided){rows.at + (size_t)both * rows.stride, rows.stride},
                    (Strided){columns + (j + 1) * LANES, GROUP},
                    (StridedOut){to + (size_t)both * GROUP + (j + 1) * LANES, GROUP});
  }
}

INLINE vi query_lanes(void) {
  vi numbers;
  for (int i = 0; i < LANES; i++) numbers[i] = i;
  return numbers;
}

/** Replaces what queries do not see by `hidden`, as far as anything is seen by their vector. */
static void mask_block(const ScoreBlock *block, float hidden, float *scores) {
  if (!block->causal) return;
  for (int32_t j = 0; j < block->vectors; j++) {
    const vi queries = query_lanes() + (block->query + j * LANES);
    const int32_t end = keys_of_vector(block, j);
    for (int32_t key = keys_before(block, j * LANES); key < end; key++) {
      float *to = scores + (size_t)key * GROUP + j * LANES;
      store(to, choose(queries < block->first + key, splat(hidden), load(to)));
    }
  }
}

/** Zeros where no query of vector j sees a key. */
INLINE void clear_unseen(const ScoreBlock *block, int32_t j, float *scores) {
  for (int32_t key = keys_of_vector(block, j); key < block->count; key++) store(scores + (size_t)key * GROUP + j * LANES, splat(0));
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
