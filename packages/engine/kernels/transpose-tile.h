/** The transpose of a matrix of 4-byte words, square by square. */
#ifndef ATTUNE_TRANSPOSE_TILE_H
#define ATTUNE_TRANSPOSE_TILE_H

#include "turn-square.h"

enum { TILE = LANES };

/** to[i][j] = from[j][i] of a TILE × TILE square; strides in words. */
INLINE void transpose_tile(float *to, size_t to_stride, const float *from, size_t from_stride) {
  vf x[TILE];
  for (int i = 0; i < TILE; i++) x[i] = load(from + i * from_stride);
  turn_square(x);
  for (int i = 0; i < TILE; i++) store(to + i * to_stride, x[i]);
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
