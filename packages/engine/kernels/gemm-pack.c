/** Exchanges the halves of each stretch of 2d lanes across two rows: a step of a transpose. */
#if LANES == 16
#define EXCHANGE_1(a, b) \
  __builtin_shufflevector(a, b, 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30), \
    __builtin_shufflevector(a, b, 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31)
#define EXCHANGE_2(a, b) \
  __builtin_shufflevector(a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29), \
    __builtin_shufflevector(a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31)
#define EXCHANGE_4(a, b) \
  __builtin_shufflevector(a, b, 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27), \
    __builtin_shufflevector(a, b, 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31)
#define EXCHANGE_8(a, b) \
  __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23), \
    __builtin_shufflevector(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31)
#elif LANES == 8
#define EXCHANGE_1(a, b) \
  __builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14), __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15)
#define EXCHANGE_2(a, b) \
  __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13), __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15)
#define EXCHANGE_4(a, b) \
  __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11), __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15)
#else
#define EXCHANGE_1(a, b) __builtin_shufflevector(a, b, 0, 4, 2, 6), __builtin_shufflevector(a, b, 1, 5, 3, 7)
#define EXCHANGE_2(a, b) __builtin_shufflevector(a, b, 0, 1, 4, 5), __builtin_shufflevector(a, b, 2, 3, 6, 7)
#endif

typedef struct {
  vf first, second;
} VectorPair;

#define EXCHANGE_ROWS(distance) \
  WRITE_OUT for (int i = 0; i < LANES; i++) if (!(i & distance)) { \
    const VectorPair pair = {EXCHANGE_##distance(rows[i], rows[i + distance])}; \
    rows[i] = pair.first; \
    rows[i + distance] = pair.second; \
  }

/** to[p * rowTo + j] = from[j * rowFrom + p] for LANES × LANES elements. */
INLINE void transpose_square(const float *from, size_t rowFrom, float *to, size_t rowTo) {
  vf rows[LANES];
  WRITE_OUT for (int j = 0; j < LANES; j++) rows[j] = load(from + j * rowFrom);
  EXCHANGE_ROWS(1)
  EXCHANGE_ROWS(2)
#if LANES >= 8
  EXCHANGE_ROWS(4)
#endif
#if LANES >= 16
  EXCHANGE_ROWS(8)
#endif
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
