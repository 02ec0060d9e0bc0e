/**
 * Copies a box of elements from one layout to another: what transpose, broadcastTo, slice, pad and concat come down to.
 *
 * The rule has merged axes that lie together and put them in order: the last one is the one along which the target is
 * contiguous, if there is one; where the source is contiguous along another axis, that is the last but one, and the last two
 * are a matrix to transpose.
 */
#include "span.h"
#include "transpose-tile.h"

enum {
  MOVE_AXES = 6,
  /** Elements of a task, about. */
  MOVE_ELEMENTS = 1 << 15,
  /** Rows and columns of the blocks in which a matrix is transposed: two of them fit into a cache of 32 KiB. */
  MOVE_BLOCK = 64
};

typedef struct {
  /** Nowhere: the box is filled with `value`. */
  Ref from;
  Ref to;
  /** The first element of the box, counted in elements: there are four of a bool in the unit of a Ref. */
  int32_t from_start, to_start;
  /** Of an element: 4 or 1. */
  int32_t bytes;
  /** The bits of an element. */
  int32_t value;
  /** Outermost first; 1 for axes that are not there. */
  int32_t lengths[MOVE_AXES];
  /** In elements; 0 along axes that are repeated. */
  int32_t from_strides[MOVE_AXES];
  int32_t to_strides[MOVE_AXES];
} MoveArgs;

enum { MOVE_ROW = MOVE_AXES - 2, MOVE_COLUMN = MOVE_AXES - 1 };

/** True if the last two axes are a matrix whose columns are contiguous in the source and its rows in the target. */
INLINE int moves_transposed(const MoveArgs *args) {
  return is_there(args->from) && args->from_strides[MOVE_ROW] == 1 && args->to_strides[MOVE_COLUMN] == 1 &&
         args->from_strides[MOVE_COLUMN] > 1 && args->lengths[MOVE_ROW] > 1;
}

/** Positions along the axes before `axis`. */
INLINE int64_t move_outer(const MoveArgs *args, int32_t axis) {
  int64_t count = 1;
  for (int32_t i = 0; i < axis; i++) count *= args->lengths[i];
  return count;
}

/** Units of work: blocks of matrices, or lines along the last axis, or pieces of them where they are long. */
typedef struct {
  int64_t units;
  int64_t units_per_task;
  /** Units that a matrix or a line has: along its rows and along its columns. */
  int32_t down, across;
} MovePlan;

static MovePlan move_plan(const MoveArgs *args) {
  MovePlan plan;
  const int32_t columns = args->lengths[MOVE_COLUMN];
  int64_t size;
  if (moves_transposed(args)) {
    plan.down = ceil_div(args->lengths[MOVE_ROW], MOVE_BLOCK);
    plan.across = ceil_div(columns, MOVE_BLOCK);
    plan.units = move_outer(args, MOVE_ROW) * plan.down * plan.across;
    size = (int64_t)min_i32(args->lengths[MOVE_ROW], MOVE_BLOCK) * min_i32(columns, MOVE_BLOCK);
  } else {
    plan.down = 1;
    plan.across = ceil_div(columns, MOVE_ELEMENTS);
    plan.units = move_outer(args, MOVE_COLUMN) * plan.across;
    size = min_i32(columns, MOVE_ELEMENTS);
  }
  plan.units_per_task = size > 0 && size < MOVE_ELEMENTS ? MOVE_ELEMENTS / size : 1;
  return plan;
}

static int32_t move_tasks(const MoveArgs *args, int32_t phase) {
  (void)phase;
  const MovePlan plan = move_plan(args);
  return (int32_t)((plan.units + plan.units_per_task - 1) / plan.units_per_task);
}

NO_WORKSPACE(move, MoveArgs)

/** A position along the outer axes, and the offsets that belong to it. */
typedef struct {
  int32_t at[MOVE_AXES];
  int64_t from, to;
} MovePosition;

static MovePosition move_seek(const MoveArgs *args, int32_t axes, int64_t index) {
  MovePosition position;
  position.from = args->from_start;
  position.to = args->to_start;
  for (int32_t i = axes - 1; i >= 0; i--) {
    position.at[i] = (int32_t)(index % args->lengths[i]);
    index /= args->lengths[i];
    position.from += (int64_t)position.at[i] * args->from_strides[i];
    position.to += (int64_t)position.at[i] * args->to_strides[i];
  }
  return position;
}

/** Goes past some positions along the last of the axes: not beyond its end. */
static void move_past(const MoveArgs *args, int32_t axes, MovePosition *position, int32_t count) {
  const int32_t last = axes - 1;
  position->at[last] += count - 1;
  position->from += (int64_t)(count - 1) * args->from_strides[last];
  position->to += (int64_t)(count - 1) * args->to_strides[last];
  for (int32_t i = last; i >= 0; i--) {
    position->from += args->from_strides[i];
    position->to += args->to_strides[i];
    if (++position->at[i] < args->lengths[i]) return;
    position->from -= (int64_t)args->lengths[i] * args->from_strides[i];
    position->to -= (int64_t)args->lengths[i] * args->to_strides[i];
    position->at[i] = 0;
  }
}

/** Lines that follow one another along the last but one axis. */
typedef struct {
  int32_t lines, columns;
  int64_t to_line, from_line;
  int64_t to_stride, from_stride;
} MoveLines;

static void move_words(float *to, const float *from, MoveLines x) {
  for (; x.lines > 0; x.lines--, to += x.to_line, from += x.from_line) {
    if (x.to_stride == 1 && x.from_stride == 1) {
      copy_words(to, from, x.columns);
    } else if (x.to_stride == 1 && x.from_stride == 0) {
      int32_t bits;
      memcpy(&bits, from, 4);
      fill_words((int32_t *)to, bits, x.columns);
    } else {
      for (int32_t j = 0; j < x.columns; j++) to[j * x.to_stride] = from[j * x.from_stride];
    }
  }
}

static void move_bytes(char *to, const char *from, MoveLines x) {
  for (; x.lines > 0; x.lines--, to += x.to_line, from += x.from_line) {
    if (x.to_stride == 1 && x.from_stride == 1)
      memcpy(to, from, (size_t)x.columns);
    else if (x.to_stride == 1 && x.from_stride == 0)
      memset(to, *from, (size_t)x.columns);
    else
      for (int32_t j = 0; j < x.columns; j++) to[j * x.to_stride] = from[j * x.from_stride];
  }
}

/** Moves the units from `unit` to `end`: lines, or pieces of them. Without a source, each element is the value to fill with. */
static void move_lines(char *to, const char *from, const MoveArgs *args, const MovePlan *plan, int64_t unit, int64_t end) {
  MovePosition position = move_seek(args, MOVE_COLUMN, unit / plan->across);
  MoveLines x = {.to_line = args->to_strides[MOVE_ROW], .to_stride = args->to_strides[MOVE_COLUMN]};
  if (from != 0) {
    x.from_line = args->from_strides[MOVE_ROW];
    x.from_stride = args->from_strides[MOVE_COLUMN];
  }
  int32_t piece = (int32_t)(unit % plan->across);
  while (unit < end) {
    const int32_t first = piece * MOVE_ELEMENTS;
    x.columns = min_i32(MOVE_ELEMENTS, args->lengths[MOVE_COLUMN] - first);
    x.lines = plan->across > 1 ? 1 : args->lengths[MOVE_ROW] - position.at[MOVE_ROW];
    if (x.lines > end - unit) x.lines = (int32_t)(end - unit);
    const size_t bytes = (size_t)args->bytes;
    char *target = to + (size_t)(position.to + first * x.to_stride) * bytes;
    const char *source =
        from == 0 ? (const char *)&args->value : from + (size_t)(position.from + first * x.from_stride) * bytes;
    if (bytes == 4)
      move_words((float *)target, (const float *)source, x);
    else
      move_bytes(target, source, x);
    unit += x.lines;
    if (++piece < plan->across) continue;
    piece = 0;
    move_past(args, MOVE_COLUMN, &position, x.lines);
  }
}

static void transpose_bytes(char *to, size_t to_stride, const char *from, size_t from_stride, int32_t rows, int32_t columns) {
  for (int32_t i = 0; i < rows; i++)
    for (int32_t j = 0; j < columns; j++) to[i * to_stride + j] = from[j * from_stride + i];
}

/** Moves the units from `unit` to `end`: blocks of matrices. */
static void move_blocks(char *to, const char *from, const MoveArgs *args, const MovePlan *plan, int64_t unit, int64_t end) {
  const int64_t blocks = (int64_t)plan->down * plan->across;
  MovePosition position = move_seek(args, MOVE_ROW, unit / blocks);
  int64_t block = unit % blocks;
  const size_t to_stride = (size_t)args->to_strides[MOVE_ROW];
  const size_t from_stride = (size_t)args->from_strides[MOVE_COLUMN];
  for (; unit < end; unit++) {
    const int32_t row = (int32_t)(block / plan->across) * MOVE_BLOCK;
    const int32_t column = (int32_t)(block % plan->across) * MOVE_BLOCK;
    const int32_t rows = min_i32(MOVE_BLOCK, args->lengths[MOVE_ROW] - row);
    const int32_t columns = min_i32(MOVE_BLOCK, args->lengths[MOVE_COLUMN] - column);
    const size_t target = (size_t)position.to + row * to_stride + (size_t)column;
    const size_t source = (size_t)position.from + column * from_stride + (size_t)row;
    if (args->bytes == 4)
      transpose_words((float *)to + target, to_stride, (const float *)from + source, from_stride, rows, columns);
    else
      transpose_bytes(to + target, to_stride, from + source, from_stride, rows, columns);
    if (++block == blocks) {
      block = 0;
      move_past(args, MOVE_ROW, &position, 1);
    }
  }
}

static void move_run(const Context *context, const MoveArgs *args, int32_t phase, int32_t task) {
  (void)phase;
  const MovePlan plan = move_plan(args);
  const int64_t first = task * plan.units_per_task;
  const int64_t end = first + plan.units_per_task < plan.units ? first + plan.units_per_task : plan.units;
  char *to = at(context, args->to);
  const char *from = is_there(args->from) ? (const char *)at(context, args->from) : 0;
  if (moves_transposed(args))
    move_blocks(to, from, args, &plan, first, end);
  else
    move_lines(to, from, args, &plan, first, end);
}
