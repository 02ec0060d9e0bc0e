/** Writes columns into a cache of keys or values, each at its token's position; padding goes nowhere. */
#include "cached-rows.h"

typedef struct {
  /** `[of, heads, length, width]`, contiguous. If `to` lies elsewhere than `from`, all of it is copied first. */
  Ref from, to;
  /** `[count, heads, tokens, width]`. */
  HeadRows columns;
  CachedRows places;
  int32_t heads, width;
} CacheWriteArgs;

/** Elements that are worth a task. */
enum { CACHE_WRITE_TASK = 1 << 15 };

static int is_in_place(const CacheWriteArgs *args) {
  return args->from.slot == args->to.slot && args->from.offset == args->to.offset;
}

/** Heads of entries that a task of the second phase writes. */
static int32_t cache_write_heads(const CacheWriteArgs *args) {
  const int64_t each = (int64_t)args->places.tokens * args->width;
  return each < CACHE_WRITE_TASK ? (int32_t)(CACHE_WRITE_TASK / (each + 1)) + 1 : 1;
}

static int32_t cache_write_tasks(const CacheWriteArgs *args, int32_t phase) {
  if (phase == 0) return is_in_place(args) ? 0 : args->places.of * args->heads;
  return ceil_div(args->places.count * args->heads, cache_write_heads(args));
}

NO_WORKSPACE(cache_write, CacheWriteArgs)

static void cache_write_head(const Context *context, const CacheWriteArgs *args, int32_t entry, int32_t head) {
  const size_t width = (size_t)args->width, length = (size_t)args->places.length;
  const int32_t row = cached_row(context, &args->places, entry);
  if (row < 0) return;
  float *to = (float *)at(context, args->to) + ((size_t)row * (size_t)args->heads + (size_t)head) * length * width;
  for (int32_t token = 0; token < args->places.tokens; token++) {
    const int32_t position = cached_position(context, &args->places, entry, token);
    if (position < 0 || position >= args->places.length) continue;
    memcpy(to + (size_t)position * width, head_row(context, &args->columns, entry, head, token), width * 4);
  }
}

static void cache_write_run(const Context *context, const CacheWriteArgs *args, int32_t phase, int32_t task) {
  if (phase == 0) {
    const size_t bytes = (size_t)args->places.length * (size_t)args->width * 4;
    memcpy((char *)at(context, args->to) + (size_t)task * bytes, (const char *)at(context, args->from) + (size_t)task * bytes,
           bytes);
    return;
  }
  const int32_t each = cache_write_heads(args), end = min_i32(args->places.count * args->heads, (task + 1) * each);
  for (int32_t index = task * each; index < end; index++)
    cache_write_head(context, args, index / args->heads, index % args->heads);
}
