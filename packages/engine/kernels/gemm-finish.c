/** The end of a product, for a rectangle of C that holds A · B: bias, function, residual. */

INLINE vf gemm_activate(vf x, const int activation) {
  switch (activation) {
    case GEMM_GELU_ERF: return gelu_erf_v(x);
    case GEMM_GELU_TANH: return gelu_tanh_v(x);
    case GEMM_SILU: return silu_v(x);
    case GEMM_RELU: return choose(x < 0.0f, splat(0), x);
    default: return x;
  }
}

/** Pointers to the first elements of a rectangle; 0 for what is not there. */
typedef struct {
  float *c, *before;
  const float *bias, *residual;
} GemmEnds;

/** One vector, or its first lanes. */
INLINE void gemm_finish_vector(const GemmEnds *ends, size_t at, int32_t column, int32_t lanes, const int activation) {
  vf x = gemm_load(ends->c + at, lanes);
  if (ends->bias) x += gemm_load(ends->bias + column, lanes);
  if (ends->before) gemm_store(ends->before + at, x, lanes);
  x = gemm_activate(x, activation);
  if (ends->residual) x += gemm_load(ends->residual + at, lanes);
  gemm_store(ends->c + at, x, lanes);
}

INLINE void gemm_finish_rows(const GemmEnds *ends, size_t rowC, int32_t rows, int32_t columns, const int activation) {
  for (int32_t i = 0; i < rows; i++) {
    const size_t row = i * rowC;
    int32_t j = 0;
    for (; j + LANES <= columns; j += LANES) gemm_finish_vector(ends, row + j, j, LANES, activation);
    if (j < columns) gemm_finish_vector(ends, row + j, j, columns - j, activation);
  }
}

#define GEMM_FINISH_CASE(activation) \
  case activation: \
    gemm_finish_rows(&ends, args->rowC, rows, columns, activation); \
    break;

/** Finishes the rectangle of `rows` × `columns` whose first element is `offset` in C and in column `column` of it. */
static void gemm_finish(const Context *context, const GemmArgs *args, size_t offset, int32_t column, int32_t rows,
                        int32_t columns) {
  const int residual = is_there(args->residual) && !(gemm_adds(args) && !args->accumulate);
  if (!is_there(args->bias) && !residual && !is_there(args->before) && args->activation == GEMM_IDENTITY) return;
  const GemmEnds ends = {
      .c = (float *)at(context, args->c) + offset,
      .before = is_there(args->before) ? (float *)at(context, args->before) + offset : 0,
      .bias = is_there(args->bias) ? (const float *)at(context, args->bias) + column : 0,
      .residual = residual ? (const float *)at(context, args->residual) + offset : 0,
  };
  switch (args->activation) {
    GEMM_FINISH_CASE(GEMM_IDENTITY)
    GEMM_FINISH_CASE(GEMM_GELU_ERF)
    GEMM_FINISH_CASE(GEMM_GELU_TANH)
    GEMM_FINISH_CASE(GEMM_SILU)
    GEMM_FINISH_CASE(GEMM_RELU)
  }
}
