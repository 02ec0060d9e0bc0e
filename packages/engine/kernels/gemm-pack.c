#include "turn-square.h"

/** to[p * rowTo + j] = from[j * rowFrom + p] for LANES × LANES elements. */
INLINE void pack_square(const char *from, size_t rowFrom, float *to, size_t rowTo, const int storage) {
  vf rows[LANES];
  WRITE_OUT for (int j = 0; j < LANES; j++) rows[j] = load_stored(from + j * rowFrom * stored_bytes(storage), storage);
  turn_square(rows);
  WRITE_OUT for (int p = 0; p < LANES; p++) store(to + p * rowTo, rows[p]);
}

/** A panel of B: `columns` of them, k elements long; element (p, j) at b[p * row + j * column], one of the two being 1. */
typedef struct {
  const char *b;
  size_t row, column;
  size_t k;
  int columns;
  /** Of its elements. */
  int storage;
  /** The factors of its rows or columns, as `scaling` says. */
  int scaling;
  const float *scales;
} GemmPanel;

/** Packs a panel whose rows are contiguous. */
INLINE void gemm_pack_along(const GemmPanel *panel, float *to, int width, const int storage) {
  const int columns = panel->columns;
  const size_t bytes = stored_bytes(storage);
  for (size_t p = 0; p < panel->k; p++, to += width) {
    const char *from = panel->b + p * panel->row * bytes;
    if (columns == GEMM_COLUMNS) {
      WRITE_OUT for (int v = 0; v < GEMM_VECTORS; v++)
        store(to + v * LANES, load_stored(from + v * LANES * bytes, storage));
      continue;
    }
    int j = 0;
    for (; j + LANES <= columns; j += LANES) store(to + j, load_stored(from + j * bytes, storage));
    for (; j < columns; j++) to[j] = stored_item(from + j * bytes, storage);
    for (; j < width; j++) to[j] = 0;
  }
}

/** Packs a panel whose columns are contiguous. */
INLINE void gemm_pack_down(const GemmPanel *panel, float *to, int width, const int storage) {
  const size_t k = panel->k, column = panel->column, bytes = stored_bytes(storage);
  int j = 0;
  for (; j + LANES <= panel->columns; j += LANES) {
    const char *from = panel->b + j * column * bytes;
    size_t p = 0;
    for (; p + LANES <= k; p += LANES) pack_square(from + p * bytes, column, to + p * width + j, width, storage);
    for (; p < k; p++)
      for (int l = 0; l < LANES; l++) to[p * width + j + l] = stored_item(from + (l * column + p) * bytes, storage);
  }
  for (; j < width; j++) {
    const char *from = panel->b + j * column * bytes;
    for (size_t p = 0; p < k; p++) to[p * width + j] = j < panel->columns ? stored_item(from + p * bytes, storage) : 0;
  }
}

/** Applies the factors of a panel to what is packed of it. */
static void gemm_scale_panel(const GemmPanel *panel, float *packed, int width) {
  if (panel->scaling == GEMM_SCALED_ROWS) {
    for (size_t p = 0; p < panel->k; p++)
      for (int j = 0; j < width; j += LANES)
        store(packed + p * width + j, load(packed + p * width + j) * splat(panel->scales[p]));
    return;
  }
  for (int j = 0; j < panel->columns; j += LANES) {
    const vf scale = gemm_load(panel->scales + j, panel->columns - j);
    for (size_t p = 0; p < panel->k; p++) store(packed + p * width + j, load(packed + p * width + j) * scale);
  }
}

/** Copies a panel to to[p * width + j], as float32, with zeros in columns that it does not have. */
static void gemm_pack(const GemmPanel *panel, float *to, int width) {
  if (panel->column == 1) FOR_STORAGE(panel->storage, gemm_pack_along(panel, to, width, storage))
  else FOR_STORAGE(panel->storage, gemm_pack_down(panel, to, width, storage))
  if (panel->scaling != GEMM_UNSCALED) gemm_scale_panel(panel, to, width);
}
