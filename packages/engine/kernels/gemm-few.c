/** Products with few rows of A, as in decoding: as fast as B can be read, once. */

/** A block of columns of one product; `c` takes it, rows `rowC` apart. */
typedef struct {
  const float *a, *b;
  float *c;
  size_t rowA, columnA, rowB, columnB, rowC;
  int32_t m, columns, k;
  int add;
} GemmFew;

enum {
  /** Rows of A whose products are computed at once: others follow while what was read of B is in the first-level cache. */
  GEMM_FEW_GROUP = 4,
  /** Rows of B that are read side by side. */
  GEMM_FEW_ROWS = 4,
};

/** c[i, :] += Σ over `steps` rows of B. */
INLINE void gemm_few_step(const GemmFew *few, const float *a, const float *b, const int m, const int steps) {
  vf weights[GEMM_FEW_GROUP][GEMM_FEW_ROWS];
  WRITE_OUT for (int i = 0; i < m; i++)
    WRITE_OUT for (int q = 0; q < steps; q++) weights[i][q] = splat(a[i * few->rowA + q * few->columnA]);
  int32_t j = 0;
  for (; j + LANES <= few->columns; j += LANES) {
    vf x[GEMM_FEW_ROWS];
    WRITE_OUT for (int q = 0; q < steps; q++) {
      x[q] = load(b + q * few->rowB + j);
      // Each row is a new stream of memory, which hardware notices too late.
      __builtin_prefetch(b + (q + steps) * few->rowB + j);
    }
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

#define GEMM_FEW_CASE(m, call) \
  case m: \
    call; \
    break;

/** A number of rows of B, for a group of rows of A. */
INLINE void gemm_few_group(const GemmFew *few, const float *a, const float *b, int32_t m, const int steps) {
  switch (m) {
    GEMM_FEW_CASE(1, gemm_few_step(few, a, b, 1, steps))
    GEMM_FEW_CASE(2, gemm_few_step(few, a, b, 2, steps))
    GEMM_FEW_CASE(3, gemm_few_step(few, a, b, 3, steps))
    GEMM_FEW_CASE(4, gemm_few_step(few, a, b, 4, steps))
  }
}

/** The rows of A from `row` on. */
static GemmFew gemm_few_from(const GemmFew *few, int32_t row) {
  GemmFew group = *few;
  group.a += row * few->rowA;
  group.c += row * few->rowC;
  group.m = min_i32(GEMM_FEW_GROUP, few->m - row);
  return group;
}

static void gemm_few_along(const GemmFew *few) {
  if (!few->add)
    for (int i = 0; i < few->m; i++) memset(few->c + i * few->rowC, 0, (size_t)few->columns * 4);
  for (int32_t p = 0; p < few->k;) {
    const int steps = p + GEMM_FEW_ROWS <= few->k ? GEMM_FEW_ROWS : 1;
    for (int32_t row = 0; row < few->m; row += GEMM_FEW_GROUP) {
      const GemmFew group = gemm_few_from(few, row);
      const float *a = group.a + p * group.columnA, *b = group.b + p * group.rowB;
      if (steps == 1) gemm_few_group(&group, a, b, group.m, 1);
      else gemm_few_group(&group, a, b, group.m, GEMM_FEW_ROWS);
    }
    p += steps;
  }
}

/** Dot products of a group of rows of A with `columns` columns of B, which are contiguous; rows of A are as well. */
INLINE void gemm_few_dots(const GemmFew *few, int32_t column, const int m, const int columns) {
  vf sum[GEMM_FEW_GROUP][4];
  WRITE_OUT for (int i = 0; i < m; i++)
    WRITE_OUT for (int j = 0; j < columns; j++) sum[i][j] = splat(0);
  const float *b = few->b + column * few->columnB;
  int32_t p = 0;
  for (; p + LANES <= few->k; p += LANES) {
    vf x[4];
    WRITE_OUT for (int j = 0; j < columns; j++) {
      x[j] = load(b + j * few->columnB + p);
      __builtin_prefetch(b + (j + columns) * few->columnB + p);
    }
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

/** Columns of which dot products are computed at once: as many as registers hold the sums of. */
#define GEMM_FEW_COLUMNS(m) ((m) <= 2 || LANES == 16 ? 4 : 2)

INLINE void gemm_few_columns(const GemmFew *few, int32_t column, int32_t count, const int m) {
  const int32_t end = column + count;
  for (; column + GEMM_FEW_COLUMNS(m) <= end; column += GEMM_FEW_COLUMNS(m))
    gemm_few_dots(few, column, m, GEMM_FEW_COLUMNS(m));
  for (; column < end; column++) gemm_few_dots(few, column, m, 1);
}

static void gemm_few_down(const GemmFew *few) {
  for (int32_t column = 0; column < few->columns; column += 4)
    for (int32_t row = 0; row < few->m; row += GEMM_FEW_GROUP) {
      const GemmFew group = gemm_few_from(few, row);
      const int32_t count = min_i32(4, few->columns - column);
      switch (group.m) {
        GEMM_FEW_CASE(1, gemm_few_columns(&group, column, count, 1))
        GEMM_FEW_CASE(2, gemm_few_columns(&group, column, count, 2))
        GEMM_FEW_CASE(3, gemm_few_columns(&group, column, count, 3))
        GEMM_FEW_CASE(4, gemm_few_columns(&group, column, count, 4))
      }
    }
}

static void gemm_few(const GemmFew *few) {
  if (few->rowB == 1) gemm_few_down(few);
  else gemm_few_along(few);
}
