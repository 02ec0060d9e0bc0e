/** 0, 1, 2, … along the middle axis of `i32[outer, length, inner]`. */
typedef struct {
  Ref to;
  int32_t outer, length, inner;
} IotaArgs;

enum { IOTA_ELEMENTS = 1 << 15 };

INLINE int64_t iota_lines(const IotaArgs *args) { return (int64_t)args->outer * args->length; }
INLINE int32_t iota_lines_at_once(const IotaArgs *args) { return max_i32(1, IOTA_ELEMENTS / max_i32(args->inner, 1)); }

static int32_t iota_tasks(const IotaArgs *args, int32_t phase) {
  (void)phase;
  const int64_t at_once = iota_lines_at_once(args);
  return args->inner == 0 ? 0 : (int32_t)((iota_lines(args) + at_once - 1) / at_once);
}

NO_WORKSPACE(iota, IotaArgs)

static void iota_run(const Context *context, const IotaArgs *args, int32_t phase, int32_t task) {
  (void)phase;
  int32_t *to = at(context, args->to);
  const int64_t first = (int64_t)task * iota_lines_at_once(args);
  const int64_t lines = iota_lines(args);
  for (int64_t line = first; line < first + iota_lines_at_once(args) && line < lines; line++)
    fill_words(to + line * args->inner, (int32_t)(line % args->length), args->inner);
}
