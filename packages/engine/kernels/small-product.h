/**
 * Small products of matrices for attention, C = A · B or C += A · B, straight from where the operands lie: rows of B and C are
 * read as vectors, elements of A one by one.
 */
#ifndef ATTUNE_SMALL_PRODUCT_H
#define ATTUNE_SMALL_PRODUCT_H

#include "vector.h"

/** Strided and vectors of a tile, which is kept in registers: as many sums as hide the latency of product-add. */
enum { PRODUCT_ROWS = LANES == 16 ? 8 : LANES == 8 ? 6 : 4, PRODUCT_VECTORS = 2, PRODUCT_COLUMNS = PRODUCT_VECTORS * LANES };

/** A matrix whose rows are `stride` elements apart. */
typedef struct {
  const float *at;
  size_t stride;
} Strided;

/** A matrix to be written. */
typedef struct {
  float *at;
  size_t stride;
} StridedOut;

/** A as a tile reads it: element (i, k) is at[i · row + k · step]. */
typedef struct {
  const float *at;
  size_t row, step;
} StridedItems;

/** How a product changes its result. */
typedef enum { PRODUCT_SET, PRODUCT_ADD } ProductMode;

/** A tile of C, of `rows` × `vectors`. Only `tail` elements of the last vector are there, if that is not 0. */
INLINE void product_tile(int rows, int vectors, ProductMode mode, int32_t depth, StridedItems a, Strided b, StridedOut c,
                         int32_t tail) {
  vf sums[PRODUCT_ROWS][PRODUCT_VECTORS];
#pragma GCC unroll 8
  for (int i = 0; i < rows; i++)
#pragma GCC unroll 2
    for (int j = 0; j < vectors; j++) sums[i][j] = splat(0);
  for (int32_t k = 0; k < depth; k++) {
    vf right[PRODUCT_VECTORS];
#pragma GCC unroll 2
    for (int j = 0; j < vectors; j++) right[j] = load(b.at + (size_t)k * b.stride + j * LANES);
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++) {
      const vf left = splat(a.at[(size_t)i * a.row + (size_t)k * a.step]);
#pragma GCC unroll 2
      for (int j = 0; j < vectors; j++) sums[i][j] = fma_v(left, right[j], sums[i][j]);
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < rows; i++) {
    float *to = c.at + (size_t)i * c.stride;
#pragma GCC unroll 2
    for (int j = 0; j < vectors; j++, to += LANES) {
      if (tail && j == vectors - 1)
        store_part(to, mode == PRODUCT_ADD ? load_part(to, tail) + sums[i][j] : sums[i][j], tail);
      else
        store(to, mode == PRODUCT_ADD ? load(to) + sums[i][j] : sums[i][j]);
    }
  }
}

/** A tile of a number of rows that is known when it runs. */
INLINE void product_tile_of(int rows, int vectors, ProductMode mode, int32_t depth, StridedItems a, Strided b,
                            StridedOut c, int32_t tail) {
  switch (rows) {
#if LANES == 16
    case 8: product_tile(8, vectors, mode, depth, a, b, c, tail); break;
    case 7: product_tile(7, vectors, mode, depth, a, b, c, tail); break;
#endif
#if LANES >= 8
    case 6: product_tile(6, vectors, mode, depth, a, b, c, tail); break;
    case 5: product_tile(5, vectors, mode, depth, a, b, c, tail); break;
#endif
    case 4: product_tile(4, vectors, mode, depth, a, b, c, tail); break;
    case 3: product_tile(3, vectors, mode, depth, a, b, c, tail); break;
    case 2: product_tile(2, vectors, mode, depth, a, b, c, tail); break;
    default: product_tile(1, vectors, mode, depth, a, b, c, tail);
  }
}

/** Tiles of A by rows, one or two vectors wide. */
static void product_row_tile(int rows, int vectors, ProductMode mode, int32_t depth, Strided a, Strided b, StridedOut c,
                             int32_t tail) {
  const StridedItems scalars = {a.at, a.stride, 1};
  if (vectors == 2) product_tile_of(rows, 2, mode, depth, scalars, b, c, tail);
  else product_tile_of(rows, 1, mode, depth, scalars, b, c, tail);
}

/** Tiles of A that lies transposed, in rows of k: element (i, k) is at[k · stride + i]. */
static void product_column_tile(int rows, int vectors, ProductMode mode, int32_t depth, Strided a, Strided b, StridedOut c,
                                int32_t tail) {
  const StridedItems scalars = {a.at, 1, a.stride};
  if (vectors == 2) product_tile_of(rows, 2, mode, depth, scalars, b, c, tail);
  else product_tile_of(rows, 1, mode, depth, scalars, b, c, tail);
}

/** The row at which part `index` of `count` begins, where rows are divided as evenly as it goes. */
INLINE int32_t part_begin(int32_t rows, int32_t count, int32_t index) {
  return (int32_t)((int64_t)rows * index / count);
}

/** `c[rows, columns] (+)= a[rows, depth] · b[depth, columns]`. */
static void small_product(ProductMode mode, int32_t rows, int32_t columns, int32_t depth, Strided a, Strided b, StridedOut c) {
  const int32_t tiles = ceil_div(rows, PRODUCT_ROWS);
  for (int32_t column = 0; column < columns; column += PRODUCT_COLUMNS) {
    const int32_t wide = min_i32(columns - column, PRODUCT_COLUMNS);
    for (int32_t index = 0; index < tiles; index++) {
      const int32_t row = part_begin(rows, tiles, index);
      product_row_tile(part_begin(rows, tiles, index + 1) - row, wide > LANES ? 2 : 1, mode, depth,
               (Strided){a.at + (size_t)row * a.stride, a.stride}, (Strided){b.at + column, b.stride},
               (StridedOut){c.at + (size_t)row * c.stride + column, c.stride}, wide % LANES);
    }
  }
}

/**
 * `c[rows, columns] (+)= aᵀ · b` of `a[depth, rows]` and `b[depth, columns]`. Row i has no use for rows of a and b from
 * `reach + i + 1` on: there a is 0.
 */
static void small_product_transposed(ProductMode mode, int32_t rows, int32_t columns, int32_t depth, int32_t reach, Strided a, Strided b,
                                StridedOut c) {
  const int32_t tiles = ceil_div(rows, PRODUCT_ROWS);
  for (int32_t column = 0; column < columns; column += PRODUCT_COLUMNS) {
    const int32_t wide = min_i32(columns - column, PRODUCT_COLUMNS);
    for (int32_t index = 0; index < tiles; index++) {
      const int32_t row = part_begin(rows, tiles, index), end = part_begin(rows, tiles, index + 1);
      product_column_tile(end - row, wide > LANES ? 2 : 1, mode, min_i32(depth, reach + end), (Strided){a.at + row, a.stride},
                  (Strided){b.at + column, b.stride}, (StridedOut){c.at + (size_t)row * c.stride + column, c.stride},
                  wide % LANES);
    }
  }
}

#endif
