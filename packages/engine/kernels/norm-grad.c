#include "math.h"
#include "rows.h"

/**
 * Gradient of layer norm and RMS norm. With `n = (x − mean) · rstd` and `w = dy · weight`:
 * `dx = rstd · (w − mean(w) − n · mean(w · n))`, without `mean(w)` in RMS norm, `dWeight = Σ dy · n`, `dBias = Σ dy`.
 * Beside them `Σ dx`: the gradient of the bias that was added to x.
 * Each task adds up a part of the three sums from its rows; the second phase adds the parts.
 */
typedef struct {
  /** f32[rows, width]. */
  Ref x;
  /** f32[width]. */
  Ref weight;
  /** f32[rows, width]. */
  Ref dy;
  /** f32[rows, width], or not there: it is added to dx, as the gradient that goes past the norm. */
  Ref residual;
  /** f32[rows, width]; may be x, dy or the residual. */
  Ref dx;
  /** f32[width], or not there. */
  Ref dweight, dbias, sum;
  int32_t rows, width;
  float epsilon;
  /** 1 for layer norm, 0 for RMS norm. */
  int32_t centered;
} NormGradArgs;

enum {
  NORM_GRAD_SUMS = 3,
  /** Least rows of a task, so that its part of dWeight is small beside them. */
  NORM_GRAD_ROWS = 16,
  /** Columns of a task of the second phase. */
  NORM_GRAD_COLUMNS = 1024
};

/** Some rows, and where their results go. */
typedef struct {
  const float *x, *weight, *dy, *residual;
  float *dx;
  /** f32[3, width]: parts of dWeight, dBias and the sum of dx, or NULL. */
  float *parts;
  int32_t width;
  /** The mean is the sum of the two; what the first misses is small. */
  float mean[NORM_ROWS], missed[NORM_ROWS], rstd[NORM_ROWS];
  /** mean(w), and rstd² · mean(w · (x − mean)). */
  float shift[NORM_ROWS], slope[NORM_ROWS];
} GradRows;

/** sums: x and w of each row. */
INLINE void sum_rows(const GradRows *rows, int32_t c, int32_t n, const int count, vf *sums, vf *weighted) {
  const vf weight = load_part(rows->weight + c, n);
  for (int r = 0; r < count; r++) {
    const size_t place = (size_t)r * rows->width + c;
    sums[r] += load_part(rows->x + place, n);
    weighted[r] = fma_v(load_part(rows->dy + place, n), weight, weighted[r]);
  }
}

/** rest: x − mean; squares: (x − mean)²; products: w · (x − mean). */
INLINE void sum_products(const GradRows *rows, int32_t c, int32_t n, const int count, vf *rest, vf *squares, vf *products) {
  const vf weight = load_part(rows->weight + c, n);
  for (int r = 0; r < count; r++) {
    const size_t place = (size_t)r * rows->width + c;
    const vf d = first_or(load_part(rows->x + place, n) - rows->mean[r], n, 0);
    rest[r] += d;
    squares[r] = fma_v(d, d, squares[r]);
    products[r] = fma_v(load_part(rows->dy + place, n) * weight, d, products[r]);
  }
}

INLINE void write_gradients(const GradRows *rows, int32_t c, int32_t n, const int count, const int centered) {
  const int32_t width = rows->width;
  const vf weight = load_part(rows->weight + c, n);
  vf dweight = splat(0), dbias = splat(0), sum = splat(0);
  for (int r = 0; r < count; r++) {
    const size_t place = (size_t)r * width + c;
    const vf dy = load_part(rows->dy + place, n);
    const vf d = load_part(rows->x + place, n) - rows->mean[r] - rows->missed[r];
    vf dx = (fma_v(dy, weight, -splat(rows->shift[r])) - d * rows->slope[r]) * rows->rstd[r];
    if (rows->residual) dx += load_part(rows->residual + place, n);
    store_part(rows->dx + place, dx, n);
    dweight = fma_v(dy, d * rows->rstd[r], dweight);
    dbias += dy;
    sum += dx;
  }
  if (!rows->parts) return;
  float *parts = rows->parts + c;
  store_part(parts, load_part(parts, n) + dweight, n);
  if (centered) store_part(parts + width, load_part(parts + width, n) + dbias, n);
  store_part(parts + 2 * width, load_part(parts + 2 * width, n) + sum, n);
}

INLINE void differentiate_rows(GradRows *rows, float epsilon, const int count, const int centered) {
  const int32_t width = rows->width;
  const float scale = 1.0f / (float)width;
  int32_t c;
  if (centered) {
    vf sums[NORM_ROWS] = {{0}}, weighted[NORM_ROWS] = {{0}};
    for (c = 0; c + LANES <= width; c += LANES) sum_rows(rows, c, LANES, count, sums, weighted);
    if (c < width) sum_rows(rows, c, width - c, count, sums, weighted);
    for (int r = 0; r < count; r++) {
      rows->mean[r] = sum_lanes(sums[r]) * scale;
      rows->shift[r] = sum_lanes(weighted[r]) * scale;
    }
  } else {
    for (int r = 0; r < count; r++) rows->mean[r] = rows->shift[r] = 0;
  }
  vf rest[NORM_ROWS] = {{0}}, squares[NORM_ROWS] = {{0}}, products[NORM_ROWS] = {{0}};
  for (c = 0; c + LANES <= width; c += LANES) sum_products(rows, c, LANES, count, rest, squares, products);
  if (c < width) sum_products(rows, c, width - c, count, rest, squares, products);
  for (int r = 0; r < count; r++) {
    const float missed = centered ? sum_lanes(rest[r]) * scale : 0;
    const float rstd = reciprocal_root(sum_lanes(squares[r]) * scale - missed * missed + epsilon);
    rows->missed[r] = missed;
    rows->rstd[r] = rstd;
    rows->slope[r] = rstd * rstd * (sum_lanes(products[r]) * scale - missed * rows->shift[r]);
  }
  for (c = 0; c + LANES <= width; c += LANES) write_gradients(rows, c, LANES, count, centered);
  if (c < width) write_gradients(rows, c, width - c, count, centered);
}

static int norm_grad_has_parts(const NormGradArgs *args) {
  return is_there(args->dweight) || is_there(args->dbias) || is_there(args->sum);
}

static int32_t norm_grad_rows_per_task(const NormGradArgs *args) {
  const int32_t rows = rows_per_task(args->rows, args->width, NORM_ELEMENTS, NORM_ROWS);
  return norm_grad_has_parts(args) ? max_i32(rows, NORM_GRAD_ROWS) : rows;
}

static int32_t norm_grad_blocks(const NormGradArgs *args) { return ceil_div(args->rows, norm_grad_rows_per_task(args)); }

static int32_t norm_grad_tasks(const NormGradArgs *args, int32_t phase) {
  if (args->width == 0) return 0;
  if (phase == 0) return norm_grad_blocks(args);
  return norm_grad_has_parts(args) ? ceil_div(args->width, NORM_GRAD_COLUMNS) : 0;
}

static size_t norm_grad_workspace(const NormGradArgs *args) {
  return norm_grad_has_parts(args) ? (size_t)norm_grad_blocks(args) * args->width * NORM_GRAD_SUMS * 4 : 0;
}

INLINE void norm_grad_rows(const Context *context, const NormGradArgs *args, int32_t task, const int centered) {
  const int32_t width = args->width;
  const int32_t count = norm_grad_rows_per_task(args);
  const int32_t first = task * count, end = min_i32(args->rows, first + count);
  const size_t start = (size_t)first * width;
  float *parts = NULL;
  if (norm_grad_has_parts(args)) {
    parts = (float *)context->workspace + (size_t)task * NORM_GRAD_SUMS * width;
    memset(parts, 0, (size_t)width * NORM_GRAD_SUMS * 4);
  }
  GradRows rows = {
      .x = (const float *)at(context, args->x) + start,
      .weight = at(context, args->weight),
      .dy = (const float *)at(context, args->dy) + start,
      .residual = is_there(args->residual) ? (const float *)at(context, args->residual) + start : NULL,
      .dx = (float *)at(context, args->dx) + start,
      .parts = parts,
      .width = width,
  };
  for (int32_t row = first; row < end;) {
    const int32_t step = row + NORM_ROWS <= end ? NORM_ROWS : 1;
    if (step == NORM_ROWS)
      differentiate_rows(&rows, args->epsilon, NORM_ROWS, centered);
    else
      differentiate_rows(&rows, args->epsilon, 1, centered);
    const size_t passed = (size_t)step * width;
    rows.x += passed;
    rows.dy += passed;
    rows.dx += passed;
    if (rows.residual) rows.residual += passed;
    row += step;
  }
}

/** Adds up the parts of some columns, in the order of the rows. */
static void norm_grad_columns(const Context *context, const NormGradArgs *args, int32_t task) {
  const int32_t width = args->width, blocks = norm_grad_blocks(args);
  const int32_t first = task * NORM_GRAD_COLUMNS, end = min_i32(width, first + NORM_GRAD_COLUMNS);
  const Ref targets[NORM_GRAD_SUMS] = {args->dweight, args->dbias, args->sum};
  for (int which = 0; which < NORM_GRAD_SUMS; which++) {
    if (!is_there(targets[which])) continue;
    float *out = at(context, targets[which]);
    for (int32_t c = first; c < end; c += LANES) {
      const int32_t n = min_i32(LANES, end - c);
      const float *part = (const float *)context->workspace + (size_t)which * width + c;
      vf sum = splat(0);
      for (int32_t block = 0; block < blocks; block++, part += NORM_GRAD_SUMS * (size_t)width) sum += load_part(part, n);
      store_part(out + c, sum, n);
    }
  }
}

static void norm_grad_run(const Context *context, const NormGradArgs *args, int32_t phase, int32_t task) {
  if (phase == 1)
    norm_grad_columns(context, args, task);
  else if (args->centered)
    norm_grad_rows(context, args, task, 1);
  else
    norm_grad_rows(context, args, task, 0);
}
