/** Products with few rows of A, as in decoding: as fast as B can be read, once. */

/** A block of columns of one product; `c` takes it, rows `rowC` apart. */
typedef struct {
  const float *a, *b;
  float *c;
  size_t rowA, columnA, rowB, columnB, rowC;
  int32_t m, columns, k;
  int add;
} GemmFew;

/** Columns whose sums are held in memory while rows of B are read in long stretches. */
enum { GEMM_FEW_ROWS = 4 };

/** c[i, :] += Σ over `steps` rows of B. */
INLINE void gemm_few_step(const GemmFew *few, const float *a, const float *b, const int m, const int steps) {
  vf weights[GEMM_FEW][GEMM_FEW_ROWS];
  WRITE_OUT for (int i = 0; i < m; i++)
    WRITE_OUT for (int q = 0; q < steps; q++) weights[i][q] = splat(a[i * few->rowA + q * few->columnA]);
  int32_t j = 0;
  for (; j + LANES <= few->columns; j += LANES) {
    vf x[GEMM_FEW_ROWS];
    WRITE_OUT for (int q = 0; q < steps; q++) x[q] = load(b + q * few->rowB + j);
    WRITE_OUT for (int i = 0; i < m; i++) {
      float *c = few->c + i * few->rowC + j;
      vf sum = load(c);
      WRITE_OUT for (int q = 0; q < steps; q++) sum = fma_v(weights[i][q], x[q], sum);
      store(c, sum);
    }
  }
  for (; j < few->columns; j++)
    for (int i = 0; i < m; i++) {
      float sum = few->c[i * few->rowC + j];
      for (int q = 0; q < steps; q++) sum += a[i * few->rowA + q * few->columnA] * b[q * few->rowB + j];
      few->c[i * few->rowC + j] = sum;
    }
}

INLINE void gemm_few_along(const GemmFew *few, const int m) {
  if (!few->add)
    for (int i = 0; i < m; i++) memset(few->c + i * few->rowC, 0, (size_t)few->columns * 4);
  const float *a = few->a, *b = few->b;
  int32_t p = 0;
  for (; p + GEMM_FEW_ROWS <= few->k; p += GEMM_FEW_ROWS) {
    gemm_few_step(few, a, b, m, GEMM_FEW_ROWS);
    a += GEMM_FEW_ROWS * few->columnA;
    b += GEMM_FEW_ROWS * few->rowB;
  }
  for (; p < few->k; p++, a += few->columnA, b += few->rowB) gemm_few_step(few, a, b, m, 1);
}

/** Dot products of all rows of A with `columns` columns of B, which are contiguous; rows of A are as well. */
INLINE void gemm_few_dots(const GemmFew *few, int32_t column, const int m, const int columns) {
  vf sum[GEMM_FEW][4];
  WRITE_OUT for (int i = 0; i < m; i++)
    WRITE_OUT for (int j = 0; j < columns; j++) sum[i][j] = splat(0);
  const float *b = few->b + column * few->columnB;
  int32_t p = 0;
  for (; p + LANES <= few->k; p += LANES) {
    vf x[4];
    WRITE_OUT for (int j = 0; j < columns; j++) x[j] = load(b + j * few->columnB + p);
    WRITE_OUT for (int i = 0; i < m; i++) {
      const vf y = load(few->a + i * few->rowA + p);
      WRITE_OUT for (int j = 0; j < columns; j++) sum[i][j] = fma_v(y, x[j], sum[i][j]);
    }
  }
  for (int i = 0; i < m; i++)
    for (int j = 0; j < columns; j++) {
      float total = sum_lanes(sum[i][j]);
      for (int32_t q = p; q < few->k; q++) total += few->a[i * few->rowA + q] * b[j * few->columnB + q];
      float *c = few->c + i * few->rowC + column + j;
      *c = few->add ? *c + total : total;
    }
}

INLINE void gemm_few_down(const GemmFew *few, const int m) {
  int32_t j = 0;
  for (; j + 4 <= few->columns; j += 4) gemm_few_dots(few, j, m, 4);
  for (; j < few->columns; j++) gemm_few_dots(few, j, m, 1);
}

#define GEMM_FEW_CASE(m) \
  case m: \
    if (few->rowB == 1) gemm_few_down(few, m); \
    else gemm_few_along(few, m); \
    break;

static void gemm_few(const GemmFew *few) {
  switch (few->m) {
    GEMM_FEW_CASE(1)
    GEMM_FEW_CASE(2)
    GEMM_FEW_CASE(3)
    GEMM_FEW_CASE(4)
  }
}
