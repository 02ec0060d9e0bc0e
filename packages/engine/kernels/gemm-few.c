/** Products with few rows of A, as in decoding: as fast as B can be read, once. */

/** A block of columns of one product; `c` takes it, rows `rowC` apart. */
typedef struct {
  const float *a;
  const char *b;
  float *c;
  /** Factors of the columns of B; 0 where there are none. */
  const float *scales;
  size_t rowA, columnA, rowB, columnB, rowC;
  int32_t m, columns, k;
  /** Of the elements of B. */
  int storage;
  int add;
} GemmFew;

enum {
  /** Rows of A whose products are computed at once: others follow while what was read of B is in the first-level cache. */
  GEMM_FEW_GROUP = 4,
  /** Rows of B that are read side by side. */
  GEMM_FEW_ROWS = 4,
};

/** c[i, :] += Σ over `steps` rows of B. */
INLINE void gemm_few_step(const GemmFew *few, const float *a, const char *b, const int m, const int steps, const int storage) {
  const size_t bytes = stored_bytes(storage);
  vf weights[GEMM_FEW_GROUP][GEMM_FEW_ROWS];
  WRITE_OUT for (int i = 0; i < m; i++)
    WRITE_OUT for (int q = 0; q < steps; q++) weights[i][q] = splat(a[i * few->rowA + q * few->columnA]);
  int32_t j = 0;
  for (; j + LANES <= few->columns; j += LANES) {
    vf x[GEMM_FEW_ROWS];
    WRITE_OUT for (int q = 0; q < steps; q++) {
      x[q] = load_stored(b + (q * few->rowB + j) * bytes, storage);
      // Each row is a new stream of memory, which hardware notices too late.
      __builtin_prefetch(b + ((q + steps) * few->rowB + j) * bytes);
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
      for (int q = 0; q < steps; q++)
        sum += a[i * few->rowA + q * few->columnA] * stored_item(b + (q * few->rowB + j) * bytes, storage);
      few->c[i * few->rowC + j] = sum;
    }
}

/** How many of `rest` rows of A are a group. There is less code for narrow elements: they take more instructions anyhow. */
INLINE int32_t gemm_few_group_rows(int32_t rest, const int storage) {
  if (storage == STORED_F32) return min_i32(GEMM_FEW_GROUP, rest);
  return rest >= GEMM_FEW_GROUP ? GEMM_FEW_GROUP : 1;
}

#define GEMM_FEW_CASE(m, call) \
  case m: \
    if (storage == STORED_F32 || m == 1 || m == GEMM_FEW_GROUP) call; \
    break;

/** A number of rows of B, for a group of rows of A. */
INLINE void gemm_few_group(const GemmFew *few, const float *a, const char *b, int32_t m, const int steps, const int storage) {
  switch (m) {
    GEMM_FEW_CASE(1, gemm_few_step(few, a, b, 1, steps, storage))
    GEMM_FEW_CASE(2, gemm_few_step(few, a, b, 2, steps, storage))
    GEMM_FEW_CASE(3, gemm_few_step(few, a, b, 3, steps, storage))
    GEMM_FEW_CASE(4, gemm_few_step(few, a, b, 4, steps, storage))
  }
}

/** A group of rows of A, from `row` on. */
INLINE GemmFew gemm_few_from(const GemmFew *few, int32_t row, const int storage) {
  GemmFew group = *few;
  group.a += row * few->rowA;
  group.c += row * few->rowC;
  group.m = gemm_few_group_rows(few->m - row, storage);
  return group;
}

INLINE void gemm_few_along_as(const GemmFew *few, const int storage) {
  if (!few->add)
    for (int i = 0; i < few->m; i++) memset(few->c + i * few->rowC, 0, (size_t)few->columns * 4);
  for (int32_t p = 0; p < few->k;) {
    const int steps = p + GEMM_FEW_ROWS <= few->k ? GEMM_FEW_ROWS : 1;
    for (int32_t row = 0; row < few->m;) {
      const GemmFew group = gemm_few_from(few, row, storage);
      row += group.m;
      const float *a = group.a + p * group.columnA;
      const char *b = group.b + p * group.rowB * stored_bytes(storage);
      if (steps == 1) gemm_few_group(&group, a, b, group.m, 1, storage);
      else gemm_few_group(&group, a, b, group.m, GEMM_FEW_ROWS, storage);
    }
    p += steps;
  }
}

static __attribute__((noinline)) void gemm_few_along(const GemmFew *few) {
  FOR_STORAGE(few->storage, gemm_few_along_as(few, storage))
}

/** Dot products of a group of rows of A with `columns` columns of B, which are contiguous; rows of A are as well. */
INLINE void gemm_few_dots(const GemmFew *few, int32_t column, const int m, const int columns, const int storage) {
  vf sum[GEMM_FEW_GROUP][4];
  WRITE_OUT for (int i = 0; i < m; i++)
    WRITE_OUT for (int j = 0; j < columns; j++) sum[i][j] = splat(0);
  const size_t bytes = stored_bytes(storage);
  const char *b = few->b + column * few->columnB * bytes;
  int32_t p = 0;
  for (; p + LANES <= few->k; p += LANES) {
    vf x[4];
    WRITE_OUT for (int j = 0; j < columns; j++) {
      x[j] = load_stored(b + (j * few->columnB + p) * bytes, storage);
      __builtin_prefetch(b + ((j + columns) * few->columnB + p) * bytes);
    }
    WRITE_OUT for (int i = 0; i < m; i++) {
      const vf y = load(few->a + i * few->rowA + p);
      WRITE_OUT for (int j = 0; j < columns; j++) sum[i][j] = fma_v(y, x[j], sum[i][j]);
    }
  }
  for (int i = 0; i < m; i++)
    for (int j = 0; j < columns; j++) {
      float total = sum_lanes(sum[i][j]);
      for (int32_t q = p; q < few->k; q++)
        total += few->a[i * few->rowA + q] * stored_item(b + (j * few->columnB + q) * bytes, storage);
      if (few->scales) total *= few->scales[column + j];
      float *c = few->c + i * few->rowC + column + j;
      *c = few->add ? *c + total : total;
    }
}

/** Columns of which dot products are computed at once: as many as registers hold the sums of. */
#define GEMM_FEW_COLUMNS(m) ((m) <= 2 || LANES == 16 ? 4 : 2)

INLINE void gemm_few_columns(const GemmFew *few, int32_t column, int32_t count, const int m, const int storage) {
  const int32_t end = column + count;
  for (; column + GEMM_FEW_COLUMNS(m) <= end; column += GEMM_FEW_COLUMNS(m))
    gemm_few_dots(few, column, m, GEMM_FEW_COLUMNS(m), storage);
  for (; column < end; column++) gemm_few_dots(few, column, m, 1, storage);
}

INLINE void gemm_few_down(const GemmFew *few, const int storage) {
  for (int32_t column = 0; column < few->columns; column += 4)
    for (int32_t row = 0; row < few->m;) {
      const GemmFew group = gemm_few_from(few, row, storage);
      row += group.m;
      const int32_t count = min_i32(4, few->columns - column);
      switch (group.m) {
        GEMM_FEW_CASE(1, gemm_few_columns(&group, column, count, 1, storage))
        GEMM_FEW_CASE(2, gemm_few_columns(&group, column, count, 2, storage))
        GEMM_FEW_CASE(3, gemm_few_columns(&group, column, count, 3, storage))
        GEMM_FEW_CASE(4, gemm_few_columns(&group, column, count, 4, storage))
      }
    }
}

/** Products by rows of B whose columns have factors: these come last, once an element of C. */
static void gemm_few_scaled(const GemmFew *few, float *sums) {
  GemmFew unscaled = *few;
  unscaled.c = sums;
  unscaled.rowC = few->columns;
  unscaled.add = 0;
  gemm_few_along(&unscaled);
  for (int32_t i = 0; i < few->m; i++)
    for (int32_t j = 0; j < few->columns; j += LANES) {
      const int32_t lanes = min_i32(few->columns - j, LANES);
      float *c = few->c + i * few->rowC + j;
      const vf x = gemm_load(sums + (size_t)i * few->columns + j, lanes) * gemm_load(few->scales + j, lanes);
      gemm_store(c, few->add ? gemm_load(c, lanes) + x : x, lanes);
    }
}

/** `sums` takes rows × columns elements on the way. */
static void gemm_few(const GemmFew *few, float *sums) {
  if (few->rowB == 1) FOR_STORAGE(few->storage, gemm_few_down(few, storage))
  else if (few->scales) gemm_few_scaled(few, sums);
  else gemm_few_along(few);
}
