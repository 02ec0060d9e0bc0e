#include "math.h"

#include "gemm-args.c"
#include "gemm-tile.c"
#include "gemm-pack.c"
#include "gemm-plan.c"
#include "gemm-finish.c"
#include "gemm-few.c"

static int32_t gemm_tasks(const GemmArgs *args, int32_t phase) {
  if (gemm_is_empty(args)) return 0;
  const GemmPlan plan = gemm_plan(args);
  if (phase == 0)
    return ceil_div(gemm_products(args), plan.group) * plan.rowBlocks * plan.columnBlocks * plan.splits;
  return plan.splits == 1 ? 0 : gemm_products(args) * ceil_div(args->m, gemm_sum_rows(args));
}

static size_t gemm_workspace(const GemmArgs *args) {
  if (gemm_is_empty(args)) return 0;
  const size_t splits = gemm_plan(args).splits;
  return splits == 1 ? 0 : splits * gemm_products(args) * args->m * args->n * 4;
}

/** A block of C, or of partial sums of it. */
typedef struct {
  /** Operands at row 0, column 0 and the first p. */
  const float *a;
  const char *b;
  float *c;
  /** The factors of B's first row or column here; 0 where there are none. */
  const float *scales;
  size_t rowC;
  int32_t row, rows, column, columns, k;
  int add;
} GemmBlock;

/** Rows of A one after the other, each element times the factor of the row of B that it meets if there is one. */
static const float *gemm_few_rows(const GemmArgs *args, const GemmBlock *block, float *rows) {
  const float *scales = args->scaling == GEMM_SCALED_ROWS ? block->scales : 0;
  for (int32_t i = 0; i < args->m; i++)
    for (int32_t p = 0; p < block->k; p++) {
      const float x = block->a[i * (size_t)args->rowA + p * (size_t)args->columnA];
      rows[(size_t)i * block->k + p] = scales ? x * scales[p] : x;
    }
  return rows;
}

static void gemm_few_block(const Context *context, const GemmArgs *args, const GemmBlock *block) {
  GemmFew few = {
      .a = block->a,
      .b = block->b + gemm_bytes_of_b(args, (size_t)block->column * args->columnB),
      .c = block->c + block->column,
      .scales = args->scaling == GEMM_SCALED_COLUMNS ? block->scales + block->column : 0,
      .rowA = args->rowA,
      .columnA = args->columnA,
      .rowB = args->rowB,
      .columnB = args->columnB,
      .rowC = block->rowC,
      .m = args->m,
      .columns = block->columns,
      .k = block->k,
      .storage = args->storage,
      .add = block->add,
  };
  if ((args->rowB == 1 && args->columnA != 1) || args->scaling == GEMM_SCALED_ROWS) {
    few.a = gemm_few_rows(args, block, (float *)context->scratch);
    few.rowA = block->k;
    few.columnA = 1;
  }
  gemm_few(&few, (float *)context->scratch);
}

/** Copies or adds a tile, whose rows are GEMM_COLUMNS apart, to `columns` columns of C. */
static __attribute__((noinline)) void gemm_put(const float *tile, int32_t rows, int32_t columns, float *c, size_t rowC, int add) {
  for (int32_t i = 0; i < rows; i++)
    for (int32_t j = 0; j < columns; j += LANES) {
      const int32_t lanes = min_i32(LANES, columns - j);
      const vf x = load(tile + i * GEMM_COLUMNS + j);
      float *to = c + i * rowC + j;
      store_part(to, add ? load_part(to, lanes) + x : x, lanes);
    }
}

/**
 * The tiles of a panel, from top to bottom, of rows as even as can be; `add` says that C holds a term. It and `gemm_put` are
 * functions of their own: inlined, they cost a step of a small model a tenth with AVX-512 (gcc 12).
 */
static __attribute__((noinline)) void gemm_panel_block(const GemmArgs *args, const GemmBlock *block, const GemmTile *first,
                                                       int32_t columns, int add, float *edge) {
  const int32_t tiles = ceil_div(block->rows, GEMM_ROWS);
  const int vectors = columns > LANES ? GEMM_VECTORS : 1;
  // A full tile would reach beyond the last column.
  const int direct = columns == vectors * LANES && (GEMM_TILE_ADDS || !add);
  for (int32_t t = 0; t < tiles; t++) {
    const int32_t from = (int64_t)block->rows * t / tiles, to = (int64_t)block->rows * (t + 1) / tiles;
    GemmTile tile = *first;
    tile.a += (size_t)from * args->rowA;
    tile.c += (size_t)from * tile.rowC;
    tile.add = direct && add;
    if (direct) {
      gemm_multiply(&tile, to - from, vectors, args->columnA != 1);
      continue;
    }
    float *c = tile.c;
    tile.c = edge;
    tile.rowC = GEMM_COLUMNS;
    gemm_multiply(&tile, to - from, vectors, args->columnA != 1);
    gemm_put(edge, to - from, columns, c, first->rowC, add);
  }
}

/** The factors of a panel. */
static const float *gemm_panel_scales(const GemmArgs *args, const GemmBlock *block, int32_t column, int32_t from) {
  if (args->scaling == GEMM_UNSCALED) return 0;
  return block->scales + (args->scaling == GEMM_SCALED_ROWS ? from : block->column + column);
}

/** A panel of B, between `from` and `to` of its k: packed, and multiplied with all rows of the block. */
static void gemm_panel(const Context *context, const GemmArgs *args, const GemmBlock *block, int32_t column, int32_t from,
                       int32_t to) {
  float *edge = (float *)context->scratch, *packed = edge + GEMM_ROWS * GEMM_COLUMNS;
  const int32_t columns = min_i32(GEMM_COLUMNS, block->columns - column);
  const int asItIs = args->storage == STORED_F32 && args->scaling == GEMM_UNSCALED;
  const GemmPanel panel = {
      .b = block->b + gemm_bytes_of_b(args, (size_t)(block->column + column) * args->columnB + (size_t)from * args->rowB),
      .row = args->rowB,
      .column = args->columnB,
      .k = to - from,
      .columns = columns,
      .storage = args->storage,
      .scaling = args->scaling,
      .scales = gemm_panel_scales(args, block, column, from),
  };
  const int direct = asItIs && args->columnB == 1 && columns % LANES == 0 && block->rows <= GEMM_ROWS;
  const int width = columns > LANES ? GEMM_COLUMNS : LANES;
  if (!direct) gemm_pack(&panel, packed, width);
  const GemmTile tile = {
      .k = to - from,
      .a = block->a + (size_t)block->row * args->rowA + (size_t)from * args->columnA,
      .strideA = args->columnA == 1 ? args->rowA : args->columnA,
      .b = direct ? (const float *)panel.b : packed,
      .rowB = direct ? panel.row : (size_t)width,
      .c = block->c + (size_t)block->row * block->rowC + block->column + column,
      .rowC = block->rowC,
  };
  gemm_panel_block(args, block, &tile, columns, block->add || from > 0, edge);
}

static void gemm_block(const Context *context, const GemmArgs *args, const GemmBlock *block) {
  const int32_t chunks = max_i32(1, ceil_div(block->k, GEMM_DEPTH));
  for (int32_t chunk = 0; chunk < chunks; chunk++) {
    const int32_t from = (int64_t)block->k * chunk / chunks, to = (int64_t)block->k * (chunk + 1) / chunks;
    for (int32_t column = 0; column < block->columns; column += GEMM_COLUMNS)
      gemm_panel(context, args, block, column, from, to);
  }
}

/** Adds up the partial sums of some rows of C. */
static void gemm_add_up(const Context *context, const GemmArgs *args, int32_t splits, int32_t task) {
  const int32_t step = gemm_sum_rows(args), blocks = ceil_div(args->m, step);
  const int32_t product = task / blocks, row = task % blocks * step, rows = min_i32(step, args->m - row);
  const GemmItem item = gemm_item(context, args, product);
  const size_t n = args->n, matrix = (size_t)args->m * n;
  const float *sums = (const float *)context->workspace + (size_t)product * splits * matrix;
  const size_t offset = item.c + (size_t)row * args->rowC;
  float *c = (float *)at(context, args->c) + offset;
  const int add = gemm_adds(args);
  for (int32_t i = 0; i < rows; i++)
    for (size_t j = 0; j < n; j += LANES) {
      const int32_t lanes = n - j < LANES ? (int32_t)(n - j) : LANES;
      const float *from = sums + (row + i) * n + j;
      vf sum = gemm_load(from, lanes);
      for (int32_t s = 1; s < splits; s++) sum += gemm_load(from + s * matrix, lanes);
      float *to = c + i * (size_t)args->rowC + j;
      gemm_store(to, add ? gemm_load(to, lanes) + sum : sum, lanes);
    }
  gemm_finish(context, args, offset, 0, rows, args->n);
}

static void gemm_run(const Context *context, const GemmArgs *args, int32_t phase, int32_t task) {
  const GemmPlan plan = gemm_plan(args);
  if (phase == 1) {
    gemm_add_up(context, args, plan.splits, task);
    return;
  }
  const int32_t split = task % plan.splits;
  task /= plan.splits;
  const int32_t columnBlock = task % plan.columnBlocks;
  task /= plan.columnBlocks;
  const int32_t rowBlock = task % plan.rowBlocks;
  const int32_t first = task / plan.rowBlocks * plan.group;
  const int32_t last = min_i32(first + plan.group, gemm_products(args));
  const float *scales = args->scaling == GEMM_UNSCALED ? 0 : at(context, args->scales);
  for (int32_t product = first; product < last; product++) {
    const GemmItem item = gemm_item(context, args, product);
    const size_t p = (size_t)split * plan.depth, matrix = (size_t)args->m * args->n;
    const GemmBlock block = {
        .a = item.a + p * args->columnA,
        .b = item.b + gemm_bytes_of_b(args, p * args->rowB),
        .c = plan.splits == 1 ? (float *)at(context, args->c) + item.c
                              : (float *)context->workspace + ((size_t)product * plan.splits + split) * matrix,
        .scales = scales && args->scaling == GEMM_SCALED_ROWS ? scales + p : scales,
        .rowC = plan.splits == 1 ? args->rowC : args->n,
        .row = rowBlock * plan.rows,
        .rows = min_i32(plan.rows, args->m - rowBlock * plan.rows),
        .column = columnBlock * plan.columns,
        .columns = min_i32(plan.columns, args->n - columnBlock * plan.columns),
        .k = min_i32(plan.depth, args->k - (int32_t)p),
        .add = plan.splits == 1 && gemm_adds(args),
    };
    if (gemm_is_few(args)) gemm_few_block(context, args, &block);
    else gemm_block(context, args, &block);
    if (plan.splits == 1)
      gemm_finish(context, args, item.c + (size_t)block.row * args->rowC + block.column, block.column, block.rows,
                  block.columns);
  }
}
