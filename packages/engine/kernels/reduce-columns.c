/**
 * The fold of each column of a stack of matrices: `[outer, rows, columns]` to `[outer, columns]`, e.g. the gradient of a bias.
 *
 * Blocks of rows are read as they lie, eight rows at a time, and folded into a line that stays in the cache; the lines of
 * the blocks lie in the workspace, until they are folded in the same way.
 */
#include "fold.h"

typedef struct {
  Ref from, to;
  int32_t outer, rows, columns;
  /** A Fold. */
  int32_t fold;
} ReduceColumnsArgs;

enum {
  /** Columns of a block, so that its line and eight rows fit into the first cache. */
  FOLD_COLUMNS = 1 << 10,
  /** Elements of a block, about. */
  FOLD_ELEMENTS = 1 << 15,
  /** Narrower matrices are read as if several of their rows were one. */
  FOLD_WIDTH = 64
};

/** How rows and columns are cut into blocks, and how many blocks a task takes. */
typedef struct {
  int32_t rows_per_block, down, across;
  int64_t blocks, blocks_per_task;
} FoldPlan;

static FoldPlan fold_plan(int32_t outer, int32_t rows, int32_t columns) {
  FoldPlan plan;
  const int32_t width = max_i32(1, min_i32(columns, FOLD_COLUMNS));
  plan.rows_per_block = FOLD_ELEMENTS / width;
  plan.down = max_i32(1, ceil_div(rows, plan.rows_per_block));
  plan.across = ceil_div(columns, FOLD_COLUMNS);
  plan.blocks = (int64_t)outer * plan.down * plan.across;
  const int32_t size = max_i32(8, min_i32(rows, plan.rows_per_block) * width);
  plan.blocks_per_task = max_i32(1, FOLD_ELEMENTS / size);
  return plan;
}

/** The second phase folds the lines of the blocks. */
INLINE FoldPlan fold_plan_of(const ReduceColumnsArgs *args, int32_t phase) {
  const FoldPlan plan = fold_plan(args->outer, args->rows, args->columns);
  return phase == 0 ? plan : fold_plan(args->outer, plan.down, args->columns);
}

static int32_t reduce_columns_tasks(const ReduceColumnsArgs *args, int32_t phase) {
  if (phase == 1 && fold_plan_of(args, 0).down == 1) return 0;
  FoldPlan plan = fold_plan_of(args, phase);
  if (phase == 1) plan.blocks /= plan.down;
  return (int32_t)((plan.blocks + plan.blocks_per_task - 1) / plan.blocks_per_task);
}

static size_t reduce_columns_workspace(const ReduceColumnsArgs *args) {
  const FoldPlan plan = fold_plan_of(args, 0);
  return plan.down > 1 ? (size_t)args->outer * (size_t)plan.down * (size_t)args->columns * 4 : 0;
}

INLINE vf fold_two(Fold fold, const float *from, size_t stride) { return fold_v(fold, load(from), load(from + stride)); }
INLINE vf fold_four(Fold fold, const float *from, size_t stride) {
  return fold_v(fold, fold_two(fold, from, stride), fold_two(fold, from + 2 * stride, stride));
}

/** line[j] = the fold of from[i][j] over all rows i. */
INLINE void fold_rows(Fold fold, float *line, const float *from, size_t stride, int32_t rows, int32_t columns) {
  const int32_t whole = columns - columns % LANES;
  for (int32_t j = 0; j < columns; j++) line[j] = fold_initial(fold);
  int32_t i = 0;
  for (; i + 8 <= rows; i += 8) {
    const float *x = from + i * stride;
    for (int32_t j = 0; j < whole; j += LANES) {
      const vf eight = fold_v(fold, fold_four(fold, x + j, stride), fold_four(fold, x + j + 4 * stride, stride));
      store(line + j, fold_v(fold, load(line + j), eight));
    }
    for (int32_t j = whole; j < columns; j++) {
      float eight = x[j];
      for (int k = 1; k < 8; k++) eight = fold_f(fold, eight, x[j + k * stride]);
      line[j] = fold_f(fold, line[j], eight);
    }
  }
  for (; i < rows; i++) {
    const float *x = from + i * stride;
    for (int32_t j = 0; j < whole; j += LANES) store(line + j, fold_v(fold, load(line + j), load(x + j)));
    for (int32_t j = whole; j < columns; j++) line[j] = fold_f(fold, line[j], x[j]);
  }
}

/** The same for contiguous rows of fewer than FOLD_WIDTH columns. */
INLINE void fold_narrow_rows(Fold fold, float *line, const float *from, int32_t rows, int32_t columns) {
  float wide[2 * FOLD_WIDTH];
  const int32_t joined = ceil_div(FOLD_WIDTH, columns);
  const int32_t width = joined * columns;
  const int32_t wide_rows = rows / joined;
  fold_rows(fold, line, from + (size_t)wide_rows * (size_t)width, (size_t)columns, rows % joined, columns);
  if (wide_rows == 0) return;
  fold_rows(fold, wide, from, (size_t)width, wide_rows, width);
  for (int32_t i = 0; i < joined; i++)
    for (int32_t j = 0; j < columns; j++) line[j] = fold_f(fold, line[j], wide[i * columns + j]);
}

/** Folds a block of rows and columns of one matrix into the line that belongs to it. */
INLINE void fold_block(Fold fold, float *lines, const float *from, int32_t rows, int32_t columns, const FoldPlan *plan, int64_t block) {
  const int64_t stack = block / plan->across;
  const int32_t column = (int32_t)(block % plan->across) * FOLD_COLUMNS;
  const int32_t row = (int32_t)(stack % plan->down) * plan->rows_per_block;
  const int32_t height = min_i32(plan->rows_per_block, rows - row);
  const float *x = from + (size_t)(stack / plan->down * rows + row) * (size_t)columns + column;
  float *line = lines + (size_t)stack * (size_t)columns + column;
  if (columns < FOLD_WIDTH)
    fold_narrow_rows(fold, line, x, height, columns);
  else
    fold_rows(fold, line, x, (size_t)columns, height, min_i32(FOLD_COLUMNS, columns - column));
}

INLINE void reduce_columns_as(Fold fold, const Context *context, const ReduceColumnsArgs *args, int32_t phase, int32_t task) {
  FoldPlan plan = fold_plan_of(args, 0);
  float *to = at(context, args->to);
  float *partial = (float *)context->workspace;
  float *lines = phase == 0 && plan.down > 1 ? partial : to;
  const float *from = phase == 0 ? (const float *)at(context, args->from) : partial;
  int32_t rows = args->rows;
  if (phase == 1) {
    rows = plan.down;
    plan = fold_plan_of(args, 1);
    plan.blocks /= plan.down;
    plan.rows_per_block = rows;
    plan.down = 1;
  }
  const int64_t first = task * plan.blocks_per_task;
  for (int64_t block = first; block < first + plan.blocks_per_task && block < plan.blocks; block++)
    fold_block(fold, lines, from, rows, args->columns, &plan, block);
}

static void reduce_columns_run(const Context *context, const ReduceColumnsArgs *args, int32_t phase, int32_t task) {
  if (args->fold == FOLD_SUM)
    reduce_columns_as(FOLD_SUM, context, args, phase, task);
  else
    reduce_columns_as(FOLD_MAX, context, args, phase, task);
}
