/**
 * Adds rows to the rows of a table that their indices name: the gradient of the embedding lookup.
 *
 * The first phase makes the table that is added to; in the second, each task owns a range of columns and goes through the
 * indices in their order, so that equal indices are added in that order, whichever thread does it.
 */
#include "span.h"

typedef struct {
  /** `i32[count]`. */
  Ref indices;
  /** `f32[count, width]`. */
  Ref updates;
  /** `f32[rows, width]`: what is added to. Nowhere for zeros; it may be where the result is. */
  Ref base;
  /** `f32[rows, width]`. */
  Ref to;
  int32_t rows, width, count;
} ScatterAddArgs;

enum {
  /** Elements of a task of the first phase. */
  SCATTER_ELEMENTS = 1 << 16,
  /** Rows ahead that are asked for: they lie anywhere in a large table. */
  SCATTER_AHEAD = 8
};

INLINE int64_t scatter_elements(const ScatterAddArgs *args) { return (int64_t)args->rows * args->width; }

/** Columns of a task: whole lines of the cache, and at most sixteen ranges of them. */
INLINE int32_t scatter_columns(const ScatterAddArgs *args) { return ceil_div(ceil_div(args->width, 16), 16) * 16; }

static int32_t scatter_add_tasks(const ScatterAddArgs *args, int32_t phase) {
  if (phase == 1) return args->count > 0 && args->width > 0 ? ceil_div(args->width, scatter_columns(args)) : 0;
  const int in_place = args->base.slot == args->to.slot && args->base.offset == args->to.offset;
  return in_place ? 0 : (int32_t)((scatter_elements(args) + SCATTER_ELEMENTS - 1) / SCATTER_ELEMENTS);
}

NO_WORKSPACE(scatter_add, ScatterAddArgs)

static void scatter_begin(const Context *context, const ScatterAddArgs *args, int32_t task) {
  const int64_t first = (int64_t)task * SCATTER_ELEMENTS;
  const int64_t left = scatter_elements(args) - first;
  const size_t bytes = (size_t)(left < SCATTER_ELEMENTS ? left : SCATTER_ELEMENTS) * 4;
  float *to = (float *)at(context, args->to) + first;
  if (is_there(args->base))
    memcpy(to, (const float *)at(context, args->base) + first, bytes);
  else
    memset(to, 0, bytes);
}

static void scatter_range(const Context *context, const ScatterAddArgs *args, int32_t task) {
  const int32_t *indices = at(context, args->indices);
  const size_t width = (size_t)args->width;
  const int32_t first = task * scatter_columns(args);
  const int32_t columns = min_i32(scatter_columns(args), args->width - first);
  const float *updates = (const float *)at(context, args->updates) + first;
  float *to = (float *)at(context, args->to) + first;
  const uint32_t rows = (uint32_t)args->rows;
  for (int32_t i = 0; i < args->count; i++) {
    const uint32_t ahead = i + SCATTER_AHEAD < args->count ? (uint32_t)indices[i + SCATTER_AHEAD] : rows;
    if (ahead < rows) __builtin_prefetch(to + ahead * width, 1);
    // As unsigned numbers, negative indices are large.
    const uint32_t index = (uint32_t)indices[i];
    if (index < rows)
      add_words(to + index * width, updates + (size_t)i * width, columns);
    else
      report(context, STATUS_INDEX_OUT_OF_RANGE);
  }
}

static void scatter_add_run(const Context *context, const ScatterAddArgs *args, int32_t phase, int32_t task) {
  if (phase == 0)
    scatter_begin(context, args, task);
  else
    scatter_range(context, args, task);
}
