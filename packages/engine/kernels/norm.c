#include "math.h"
#include "rows.h"

/**
 * Layer norm, `y = (x − mean) / √(variance + ε) · weight + bias` over rows, and RMS norm, `y = x / √(mean(x²) + ε) · weight`.
 * The variance is taken of what is left when the mean is subtracted, so that nothing cancels; and what the mean, as a rounded
 * number, misses is found in the same pass, and subtracted as well: rows far from 0 that hardly vary stay exact.
 */
typedef struct {
  /** f32[rows, width]. */
  Ref x;
  /** f32[width]. */
  Ref weight;
  /** f32[width], or not there. */
  Ref bias;
  /** f32[rows, width]; may be x. */
  Ref y;
  int32_t rows, width;
  float epsilon;
  /** 1 for layer norm, 0 for RMS norm, which takes no mean off. */
  int32_t centered;
} NormArgs;

enum {
  /** Rows that are taken together: a weight is read once for all of them, and no sum waits for its own last term. */
  NORM_ROWS = 4,
  /** Elements of a task. */
  NORM_ELEMENTS = 1 << 14
};

INLINE float reciprocal_root(float x) { return rsqrt_v(splat(x))[0]; }

INLINE void add_elements(const float *x, int32_t width, int32_t c, int32_t n, const int rows, vf *sums) {
  for (int r = 0; r < rows; r++) sums[r] += load_part(x + (size_t)r * width + c, n);
}

INLINE void add_squares(const float *x, int32_t width, int32_t c, int32_t n, const int rows, const float *mean, vf *sums,
                        vf *squares) {
  for (int r = 0; r < rows; r++) {
    const vf d = first_or(load_part(x + (size_t)r * width + c, n) - mean[r], n, 0);
    sums[r] += d;
    squares[r] = fma_v(d, d, squares[r]);
  }
}

INLINE void write_normal(const NormArgs *args, const float *x, const float *weight, const float *bias, float *y, int32_t c,
                         int32_t n, const int rows, const float *mean, const float *rstd, const float *shift) {
  const vf w = load_part(weight + c, n);
  const vf b = bias ? load_part(bias + c, n) : splat(0);
  for (int r = 0; r < rows; r++) {
    const size_t place = (size_t)r * args->width + c;
    store_part(y + place, fma_v(fma_v(load_part(x + place, n) - mean[r], splat(rstd[r]), splat(-shift[r])), w, b), n);
  }
}

INLINE void normalize_rows(const NormArgs *args, const float *x, const float *weight, const float *bias, float *y,
                           const int rows, const int centered) {
  const int32_t width = args->width;
  float mean[NORM_ROWS] = {0}, rstd[NORM_ROWS], shift[NORM_ROWS];
  int32_t c;
  if (centered) {
    vf sums[NORM_ROWS] = {{0}};
    for (c = 0; c + LANES <= width; c += LANES) add_elements(x, width, c, LANES, rows, sums);
    if (c < width) add_elements(x, width, c, width - c, rows, sums);
    for (int r = 0; r < rows; r++) mean[r] = sum_lanes(sums[r]) / (float)width;
  }
  vf rest[NORM_ROWS] = {{0}}, squares[NORM_ROWS] = {{0}};
  for (c = 0; c + LANES <= width; c += LANES) add_squares(x, width, c, LANES, rows, mean, rest, squares);
  if (c < width) add_squares(x, width, c, width - c, rows, mean, rest, squares);
  for (int r = 0; r < rows; r++) {
    const float missed = centered ? sum_lanes(rest[r]) / (float)width : 0;
    rstd[r] = reciprocal_root(sum_lanes(squares[r]) / (float)width - missed * missed + args->epsilon);
    shift[r] = missed * rstd[r];
  }

  for (c = 0; c + LANES <= width; c += LANES) write_normal(args, x, weight, bias, y, c, LANES, rows, mean, rstd, shift);
  if (c < width) write_normal(args, x, weight, bias, y, c, width - c, rows, mean, rstd, shift);
}

static int32_t norm_rows_per_task(const NormArgs *args) {
  return rows_per_task(args->rows, args->width, NORM_ELEMENTS, NORM_ROWS);
}

static int32_t norm_tasks(const NormArgs *args, int32_t phase) {
  (void)phase;
  return args->width == 0 ? 0 : ceil_div(args->rows, norm_rows_per_task(args));
}

NO_WORKSPACE(norm, NormArgs)

INLINE void normalize_task(const Context *context, const NormArgs *args, int32_t task, const int centered) {
  const float *x = at(context, args->x);
  const float *weight = at(context, args->weight);
  const float *bias = is_there(args->bias) ? at(context, args->bias) : NULL;
  float *y = at(context, args->y);
  const int32_t count = norm_rows_per_task(args);
  const int32_t end = min_i32(args->rows, (task + 1) * count);
  int32_t row = task * count;
  for (; row + NORM_ROWS <= end; row += NORM_ROWS) {
    const size_t start = (size_t)row * args->width;
    normalize_rows(args, x + start, weight, bias, y + start, NORM_ROWS, centered);
  }
  for (; row < end; row++) {
    const size_t start = (size_t)row * args->width;
    normalize_rows(args, x + start, weight, bias, y + start, 1, centered);
  }
}

static void norm_run(const Context *context, const NormArgs *args, int32_t phase, int32_t task) {
  (void)phase;
  if (args->centered)
    normalize_task(context, args, task, 1);
  else
    normalize_task(context, args, task, 0);
}
