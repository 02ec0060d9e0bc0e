#include "turn-square.h"

/** to[p * rowTo + j] = from[j * rowFrom + p] for LANES × LANES elements. */
INLINE void transpose_square(const float *from, size_t rowFrom, float *to, size_t rowTo) {
  vf rows[LANES];
  WRITE_OUT for (int j = 0; j < LANES; j++) rows[j] = load(from + j * rowFrom);
  turn_square(rows);
  WRITE_OUT for (int p = 0; p < LANES; p++) store(to + p * rowTo, rows[p]);
}

/** A panel of B: `columns` of them, k elements long; element (p, j) at b[p * row + j * column], one of the two being 1. */
typedef struct {
  const float *b;
  size_t row, column;
  size_t k;
  int columns;
} GemmPanel;

/** Packs a panel whose rows are contiguous. */
static void gemm_pack_along(const GemmPanel *panel, float *to, int width) {
  const int columns = panel->columns;
  for (size_t p = 0; p < panel->k; p++, to += width) {
    const float *from = panel->b + p * panel->row;
    int j = 0;
    for (; j + LANES <= columns; j += LANES) store(to + j, load(from + j));
    for (; j < columns; j++) to[j] = from[j];
    for (; j < width; j++) to[j] = 0;
  }
}

/** Packs a panel whose columns are contiguous. */
static void gemm_pack_down(const GemmPanel *panel, float *to, int width) {
  const size_t k = panel->k, column = panel->column;
  int j = 0;
  for (; j + LANES <= panel->columns; j += LANES) {
    const float *from = panel->b + j * column;
    size_t p = 0;
    for (; p + LANES <= k; p += LANES) transpose_square(from + p, column, to + p * width + j, width);
    for (; p < k; p++)
      for (int l = 0; l < LANES; l++) to[p * width + j + l] = from[l * column + p];
  }
  for (; j < width; j++) {
    const float *from = panel->b + j * column;
    for (size_t p = 0; p < k; p++) to[p * width + j] = j < panel->columns ? from[p] : 0;
  }
}

/** Copies a panel to to[p * width + j], with zeros in columns that it does not have. */
static void gemm_pack(const GemmPanel *panel, float *to, int width) {
  if (panel->column == 1) gemm_pack_along(panel, to, width);
  else gemm_pack_down(panel, to, width);
}
