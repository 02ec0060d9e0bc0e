/** Rows of a table, by their indices: the embedding lookup. */
#include "span.h"
#include "widen.h"

typedef struct {
  /** `[rows, width]`, stored as `storage` says. */
  Ref table;
  /** `i32[count]`. */
  Ref indices;
  /** `f32[count, width]`. */
  Ref to;
  int32_t rows, width, count;
  /** A Storage. */
  int32_t storage;
  /** Factors of the table's rows, `f32[rows]`, or of its columns, `f32[width]`; or not there. */
  Ref rowScales, columnScales;
} GatherArgs;

enum { GATHER_ELEMENTS = 1 << 15 };

INLINE int32_t gather_pieces(const GatherArgs *args) { return ceil_div(args->width, GATHER_ELEMENTS); }
INLINE int32_t gather_rows_at_once(const GatherArgs *args) { return max_i32(1, GATHER_ELEMENTS / max_i32(args->width, 8)); }

/** Long rows are cut into pieces; of short ones, a task takes several. */
static int32_t gather_tasks(const GatherArgs *args, int32_t phase) {
  (void)phase;
  return ceil_div(args->count, gather_rows_at_once(args)) * gather_pieces(args);
}

NO_WORKSPACE(gather, GatherArgs)

static void gather_run(const Context *context, const GatherArgs *args, int32_t phase, int32_t task) {
  (void)phase;
  const int32_t pieces = gather_pieces(args);
  const int32_t rows = gather_rows_at_once(args);
  const int32_t first = task % pieces * GATHER_ELEMENTS;
  const int32_t length = min_i32(GATHER_ELEMENTS, args->width - first);
  const int32_t end = min_i32(args->count, (task / pieces + 1) * rows);
  const char *table = at(context, args->table);
  const size_t bytes = stored_bytes(args->storage);
  const float *rowScales = is_there(args->rowScales) ? at(context, args->rowScales) : 0;
  const float *columnScales = is_there(args->columnScales) ? (const float *)at(context, args->columnScales) + first : 0;
  const int32_t *indices = at(context, args->indices);
  float *to = at(context, args->to);
  for (int32_t i = task / pieces * rows; i < end; i++) {
    const int32_t index = indices[i];
    float *row = to + (size_t)i * (size_t)args->width + first;
    if (index < 0 || index >= args->rows) {
      report(context, STATUS_INDEX_OUT_OF_RANGE);
      fill_words((int32_t *)row, 0, length);
    } else {
      widen_words(row, table + ((size_t)index * (size_t)args->width + first) * bytes, length, args->storage);
      if (rowScales) scale_words(row, splat(rowScales[index]), length);
      if (columnScales) scale_each_word(row, columnScales, length);
    }
  }
}
