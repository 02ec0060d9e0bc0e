/**
 * The fold of each row of a matrix. Long rows are cut into pieces, whose folds lie in the workspace until they are folded
 * themselves.
 *
 * Rounding: no number goes through more than 32 additions in a piece's blocks, as many of blocks, and those of the lanes;
 * pieces are added in float64.
 */
#include "fold.h"

typedef struct {
  Ref from, to;
  int32_t rows, columns;
  /** A Fold. */
  int32_t fold;
} ReduceRowsArgs;

enum { ROW_PIECE = 1 << 15 };

INLINE int32_t row_pieces(const ReduceRowsArgs *args) { return max_i32(1, ceil_div(args->columns, ROW_PIECE)); }

/** Rows of a task: many short ones, one long one. */
INLINE int32_t rows_at_once(int32_t columns) { return columns < ROW_PIECE ? ROW_PIECE / max_i32(columns, 8) : 1; }

static int32_t reduce_rows_tasks(const ReduceRowsArgs *args, int32_t phase) {
  const int32_t pieces = row_pieces(args);
  if (phase == 0) return pieces > 1 ? args->rows * pieces : ceil_div(args->rows, rows_at_once(args->columns));
  return pieces > 1 ? ceil_div(args->rows, rows_at_once(pieces)) : 0;
}

static size_t reduce_rows_workspace(const ReduceRowsArgs *args) {
  const int32_t pieces = row_pieces(args);
  return pieces > 1 ? (size_t)args->rows * (size_t)pieces * 4 : 0;
}

/** Fewer elements than a vector has. */
INLINE float fold_few(Fold fold, const float *from, int32_t count) {
  float total = fold_initial(fold);
  for (int32_t i = 0; i < count; i++) total = fold_f(fold, total, from[i]);
  return total;
}

INLINE float fold_span(Fold fold, const float *from, int32_t count) {
  if (count < LANES) return fold_few(fold, from, count);
  const vf initial = splat(fold_initial(fold));
  vf total[4] = {initial, initial, initial, initial};
  int32_t i = 0;
  while (i + 4 * LANES <= count) {
    const int32_t end = min_i32(count, i + 32 * 4 * LANES);
    vf block[4] = {initial, initial, initial, initial};
    for (; i + 4 * LANES <= end; i += 4 * LANES)
      for (int k = 0; k < 4; k++) block[k] = fold_v(fold, block[k], load(from + i + k * LANES));
    for (int k = 0; k < 4; k++) total[k] = fold_v(fold, total[k], block[k]);
  }
  for (; i + LANES <= count; i += LANES) total[0] = fold_v(fold, total[0], load(from + i));
  // The largest element may be met twice, but what is added may not.
  if (i < count) total[1] = fold_v(fold, total[1], fold == FOLD_SUM ? load_part(from + i, count - i) : load(from + count - LANES));
  return fold_lanes(fold, fold_v(fold, fold_v(fold, total[0], total[1]), fold_v(fold, total[2], total[3])));
}

/** The fold of the folds of a row's pieces. */
INLINE float fold_pieces(Fold fold, const float *from, int32_t count) {
  if (fold == FOLD_MAX) return fold_span(FOLD_MAX, from, count);
  double total = 0;
  for (int32_t i = 0; i < count; i++) total += from[i];
  return (float)total;
}

INLINE void reduce_rows_as(Fold fold, const Context *context, const ReduceRowsArgs *args, int32_t phase, int32_t task) {
  const float *from = at(context, args->from);
  float *to = at(context, args->to);
  float *partial = (float *)context->workspace;
  const int32_t pieces = row_pieces(args);
  if (phase == 0 && pieces > 1) {
    const int32_t first = task % pieces * ROW_PIECE;
    const float *row = from + (size_t)(task / pieces) * (size_t)args->columns;
    partial[task] = fold_span(fold, row + first, min_i32(ROW_PIECE, args->columns - first));
    return;
  }
  const int32_t length = phase == 0 ? args->columns : pieces;
  const int32_t count = rows_at_once(length);
  const int32_t end = min_i32(args->rows, (task + 1) * count);
  for (int32_t row = task * count; row < end; row++) {
    const size_t start = (size_t)row * (size_t)length;
    to[row] = phase == 0 ? fold_span(fold, from + start, length) : fold_pieces(fold, partial + start, length);
  }
}

static void reduce_rows_run(const Context *context, const ReduceRowsArgs *args, int32_t phase, int32_t task) {
  if (args->fold == FOLD_SUM)
    reduce_rows_as(FOLD_SUM, context, args, phase, task);
  else
    reduce_rows_as(FOLD_MAX, context, args, phase, task);
}
