/** Copies words of 4 bytes from one place to another; the two do not overlap. */
typedef struct {
  Ref from, to;
  /** Words of 4 bytes. */
  int32_t count;
} CopyArgs;

enum { COPY_WORDS = 1 << 16 };

static int32_t copy_tasks(const CopyArgs *args, int32_t phase) {
  (void)phase;
  return ceil_div(args->count, COPY_WORDS);
}

NO_WORKSPACE(copy, CopyArgs)

static void copy_run(const Context *context, const CopyArgs *args, int32_t phase, int32_t task) {
  (void)phase;
  const int32_t first = task * COPY_WORDS;
  const int32_t count = min_i32(COPY_WORDS, args->count - first);
  memcpy((int32_t *)at(context, args->to) + first, (const int32_t *)at(context, args->from) + first, (size_t)count * 4);
}
