/** StridedRows to columns, for operands that are used column by column. */
#ifndef ATTUNE_TURNED_ROWS_H
#define ATTUNE_TURNED_ROWS_H

#include "turn-square.h"

/**
 * `to[width, vectors · LANES] = factor · rows[count, width]ᵀ`, with zeros in the columns that are left.
 *
 * @param stride from one row of `to` to the next.
 */
static void turn_rows(const float *rows, size_t row_stride, int32_t count, int32_t width, float factor, int32_t vectors,
                           float *to, size_t stride) {
  for (int32_t first = 0; first < vectors * LANES; first += LANES) {
    const int32_t there = max_i32(0, min_i32(LANES, count - first));
    const float *from = rows + (size_t)first * row_stride;
    int32_t column = 0;
    if (there == LANES) {
      for (; column + LANES <= width; column += LANES) {
        vf square[LANES];
        for (int i = 0; i < LANES; i++) square[i] = load(from + (size_t)i * row_stride + column) * factor;
        turn_square(square);
        for (int i = 0; i < LANES; i++) store(to + (size_t)(column + i) * stride + first, square[i]);
      }
    }
    for (; column < width; column++) {
      float *column_to = to + (size_t)column * stride + first;
      for (int32_t i = 0; i < there; i++) column_to[i] = from[(size_t)i * row_stride + column] * factor;
      for (int32_t i = there; i < LANES; i++) column_to[i] = 0;
    }
  }
}

#endif
