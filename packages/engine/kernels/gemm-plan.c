/** How a product is divided into tasks. All of it follows from the sizes. */

/** Multiplications of a task, about: 8 million floating-point operations. */
#define GEMM_TASK_WORK (4 << 20)

/**
 * Rows of A up to which a product is a matter of reading B once: `gemm-few.c`. On one thread, for B of 768 x 3072, 3072 x 768
 * and 768 x 4096 transposed, that had 1.0 to 1.75 times the speed of packing at 1 to 16 rows with AVX-512, and with AVX2 1.4 to
 * 2.9 times for the first two. Where it holds, the bits of a row do not depend on how many there are.
 */
#define GEMM_FEW 16

enum {
  /** Columns that few rows are multiplied with at once: the sums of up to 4 stay in the first-level cache, of more by half. */
  GEMM_FEW_COLUMNS_AT_ONCE = 1024,
  /** Tasks that such a product is cut into at least, along k if need be: for two to four threads. */
  GEMM_FEW_TASKS = 16,
  /** Bytes of a packed panel of B, which is to stay in the first-level cache while rows of A pass by. */
  GEMM_PANEL_BYTES = LANES == 16 ? 32 << 10 : 24 << 10,
  /** Length of a panel at most. */
  GEMM_DEPTH = GEMM_PANEL_BYTES / (GEMM_COLUMNS * 4),
  /** Elements of A that are to stay in the second-level cache while panels of B pass by. */
  GEMM_ROWS_ELEMENTS = 1 << 17,
  /** Tasks that there should be at least, if there is enough to do. */
  GEMM_LEAST_TASKS = 8,
  /** Rows below which a panel is not packed once more for them. */
  GEMM_LEAST_ROWS = 96,
};

typedef struct {
  /** Products in a task. More than 1 only where a product is one task. */
  int32_t group;
  /** Blocks of a product, and their sizes; the last of each kind may be smaller. */
  int32_t rowBlocks, rows, columnBlocks, columns;
  /** Stretches of k, whose sums are added up in the second phase where there is more than one. */
  int32_t splits, depth;
} GemmPlan;

static int gemm_is_few(const GemmArgs *args) {
  const int copyFits = (int64_t)args->m * args->k * 4 <= SCRATCH_BYTES / 2;
  return args->m <= GEMM_FEW && (copyFits || (args->columnA == 1 && args->scaling != GEMM_SCALED_ROWS));
}

static int32_t gemm_clamp(int64_t x, int64_t low, int64_t high) { return (int32_t)(x < low ? low : x > high ? high : x); }

/** Divides a length into parts of about `part`, a multiple of `unit`; returns the exact length of a part. */
static int32_t gemm_even(int32_t length, int64_t part, int32_t unit) {
  const int32_t count = part >= length ? 1 : gemm_clamp((length + part / 2) / (part < 1 ? 1 : part), 1, length);
  return ceil_div(ceil_div(length, count), unit) * unit;
}

static int64_t gemm_blocks(const GemmPlan *plan, const GemmArgs *args) {
  return (int64_t)ceil_div(args->m, plan->rows) * ceil_div(args->n, plan->columns);
}

static GemmPlan gemm_plan(const GemmArgs *args) {
  const int32_t m = args->m, n = args->n, k = args->k;
  const int64_t products = (int64_t)args->outer * args->inner;
  const int64_t depth = max_i32(k, 1);
  GemmPlan plan = {.group = 1, .rows = m, .columns = n, .splits = 1, .depth = k};
  if (gemm_is_few(args)) {
    // Tasks read about as much as the second-level cache takes in 50 microseconds; rows of B are read in long stretches.
    const int64_t share = GEMM_TASK_WORK / 64;
    if (args->rowB == 1) {
      plan.columns = gemm_even(n, share / depth, 4);
    } else {
      // Where k is cut does not depend on the number of rows, so that the bits of a row do not.
      const int32_t columns = gemm_even(n, GEMM_FEW_COLUMNS_AT_ONCE, LANES);
      const int64_t blocks = products * ceil_div(n, columns), least = share / columns < 32 ? 32 : share / columns;
      const int64_t even = depth * blocks / GEMM_FEW_TASKS;
      if (blocks < GEMM_FEW_TASKS) plan.depth = gemm_even(k, even > least ? even : least, 8);
      plan.columns = args->m <= 4 ? columns : gemm_even(n, GEMM_FEW_COLUMNS_AT_ONCE / 2, LANES);
    }
  } else {
    plan.rows = gemm_even(m, max_i32(GEMM_LEAST_ROWS, GEMM_ROWS_ELEMENTS / gemm_clamp(k, 1, 512)), GEMM_ROWS);
    // Where rows of A do not stay in the cache from one task to the next, a task makes more of them.
    const int32_t panels = plan.rows * depth > GEMM_ROWS_ELEMENTS ? 2 : 1;
    const int32_t columns = max_i32(panels * GEMM_COLUMNS, gemm_clamp(GEMM_TASK_WORK / (plan.rows * depth), 1, n));
    plan.columns = gemm_even(n, columns, GEMM_COLUMNS);
    if (gemm_blocks(&plan, args) * products < GEMM_LEAST_TASKS)
      plan.columns = gemm_even(n, max_i32(GEMM_COLUMNS, gemm_clamp(GEMM_TASK_WORK / 4 / (plan.rows * depth), 1, columns)), GEMM_COLUMNS);
    if (gemm_blocks(&plan, args) * products < GEMM_LEAST_TASKS && plan.rows > GEMM_LEAST_ROWS)
      plan.rows = gemm_even(m, max_i32(GEMM_LEAST_ROWS, gemm_clamp(GEMM_TASK_WORK / 4 / (plan.columns * depth), 1, m)), GEMM_ROWS);
    const int64_t work = plan.rows * depth * plan.columns;
    if (gemm_blocks(&plan, args) * products < GEMM_LEAST_TASKS && work > 2 * (int64_t)GEMM_TASK_WORK)
      plan.depth = gemm_even(k, k / gemm_clamp(work / GEMM_TASK_WORK, 2, 16), 8);
  }
  plan.rowBlocks = ceil_div(m, plan.rows);
  plan.columnBlocks = ceil_div(n, plan.columns);
  plan.splits = k > 0 ? ceil_div(k, plan.depth) : 1;
  if (plan.rowBlocks * plan.columnBlocks * plan.splits == 1)
    plan.group = gemm_clamp(GEMM_TASK_WORK / 2 / ((int64_t)m * n * depth), 1, products);
  return plan;
}

static int32_t gemm_products(const GemmArgs *args) { return args->outer * args->inner; }

static int gemm_is_empty(const GemmArgs *args) { return gemm_products(args) == 0 || args->m == 0 || args->n == 0; }

/** Rows of C that a task of the second phase adds up. */
static int32_t gemm_sum_rows(const GemmArgs *args) { return gemm_clamp((1 << 14) / args->n, 1, args->m); }
