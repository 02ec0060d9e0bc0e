/** Writes one row of each head of a cache, at its batch's position; where there is no such row, none. */
#include "heads.h"

typedef struct {
  /** `[batches, heads, length, width]`, contiguous. If `to` lies elsewhere than `from`, the other rows are copied. */
  Ref from, to;
  /** `[batches, heads, 1, width]`. */
  HeadRows rows;
  /** i32 of each batch. */
  Ref positions;
  int32_t batches, heads, length, width;
} CacheWriteArgs;

static int is_in_place(const CacheWriteArgs *args) {
  return args->from.slot == args->to.slot && args->from.offset == args->to.offset;
}

static int32_t cache_write_tasks(const CacheWriteArgs *args, int32_t phase) {
  (void)phase;
  const int32_t heads = args->batches * args->heads;
  return is_in_place(args) ? min_i32(1, heads) : heads;
}

NO_WORKSPACE(cache_write, CacheWriteArgs)

static void cache_write_run(const Context *context, const CacheWriteArgs *args, int32_t phase, int32_t task) {
  (void)phase;
  const size_t size = (size_t)args->length * (size_t)args->width;
  const int32_t first = is_in_place(args) ? 0 : task;
  const int32_t end = is_in_place(args) ? args->batches * args->heads : task + 1;
  for (int32_t index = first; index < end; index++) {
    const int32_t batch = index / args->heads, head = index % args->heads;
    const int32_t position = ((const int32_t *)at(context, args->positions))[batch];
    float *to = (float *)at(context, args->to) + (size_t)index * size;
    if (!is_in_place(args)) memcpy(to, (const float *)at(context, args->from) + (size_t)index * size, size * 4);
    if (position >= 0 && position < args->length)
      memcpy(to + (size_t)position * (size_t)args->width, head_row(context, &args->rows, batch, head, 0),
             (size_t)args->width * 4);
  }
}
