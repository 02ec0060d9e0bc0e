/** The transpose of a square of 4-byte words in registers, 8 × 8 where vectors hold eight, else 4 × 4. */
#ifndef ATTUNE_TRANSPOSE_TILE_H
#define ATTUNE_TRANSPOSE_TILE_H

#include "vector.h"

#if LANES >= 8

enum { TILE = 8 };
typedef float tile_row __attribute__((vector_size(32)));

// Words, then pairs, within halves of a row; then the halves.
INLINE tile_row words_low(tile_row a, tile_row b) { return __builtin_shufflevector(a, b, 0, 8, 1, 9, 4, 12, 5, 13); }
INLINE tile_row words_high(tile_row a, tile_row b) { return __builtin_shufflevector(a, b, 2, 10, 3, 11, 6, 14, 7, 15); }
INLINE tile_row pairs_low(tile_row a, tile_row b) { return __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13); }
INLINE tile_row pairs_high(tile_row a, tile_row b) { return __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15); }
INLINE tile_row halves_low(tile_row a, tile_row b) { return __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11); }
INLINE tile_row halves_high(tile_row a, tile_row b) { return __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15); }

INLINE void transpose_rows(tile_row x[TILE]) {
  tile_row words[TILE], quads[TILE];
  for (int i = 0; i < TILE; i += 2) {
    words[i] = words_low(x[i], x[i + 1]);
    words[i + 1] = words_high(x[i], x[i + 1]);
  }
  for (int i = 0; i < TILE; i += 4) {
    quads[i] = pairs_low(words[i], words[i + 2]);
    quads[i + 1] = pairs_high(words[i], words[i + 2]);
    quads[i + 2] = pairs_low(words[i + 1], words[i + 3]);
    quads[i + 3] = pairs_high(words[i + 1], words[i + 3]);
  }
  for (int i = 0; i < 4; i++) {
    x[i] = halves_low(quads[i], quads[i + 4]);
    x[i + 4] = halves_high(quads[i], quads[i + 4]);
  }
}

#else

enum { TILE = 4 };
typedef float tile_row __attribute__((vector_size(16)));

INLINE void transpose_rows(tile_row x[TILE]) {
  const tile_row a = __builtin_shufflevector(x[0], x[1], 0, 4, 1, 5);
  const tile_row b = __builtin_shufflevector(x[0], x[1], 2, 6, 3, 7);
  const tile_row c = __builtin_shufflevector(x[2], x[3], 0, 4, 1, 5);
  const tile_row d = __builtin_shufflevector(x[2], x[3], 2, 6, 3, 7);
  x[0] = __builtin_shufflevector(a, c, 0, 1, 4, 5);
  x[1] = __builtin_shufflevector(a, c, 2, 3, 6, 7);
  x[2] = __builtin_shufflevector(b, d, 0, 1, 4, 5);
  x[3] = __builtin_shufflevector(b, d, 2, 3, 6, 7);
}

#endif

/** to[i][j] = from[j][i] of a TILE × TILE square; strides in words. */
INLINE void transpose_tile(float *to, size_t to_stride, const float *from, size_t from_stride) {
  tile_row x[TILE];
  for (int i = 0; i < TILE; i++) memcpy(&x[i], from + i * from_stride, sizeof x[i]);
  transpose_rows(x);
  for (int i = 0; i < TILE; i++) memcpy(to + i * to_stride, &x[i], sizeof x[i]);
}

/** to[i][j] = from[j][i] for i < rows, j < columns. */
static void transpose_words(float *to, size_t to_stride, const float *from, size_t from_stride, int32_t rows, int32_t columns) {
  int32_t i = 0;
  for (; i + TILE <= rows; i += TILE) {
    int32_t j = 0;
    for (; j + TILE <= columns; j += TILE)
      transpose_tile(to + i * to_stride + j, to_stride, from + j * from_stride + i, from_stride);
    for (; j < columns; j++)
      for (int32_t k = i; k < i + TILE; k++) to[k * to_stride + j] = from[j * from_stride + k];
  }
  for (; i < rows; i++)
    for (int32_t j = 0; j < columns; j++) to[i * to_stride + j] = from[j * from_stride + i];
}

#endif
