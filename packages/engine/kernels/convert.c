#include "narrow.h"

/** The conversions, by number; `src/rules/storage.ts` lists the same in the same order. */
typedef enum { BF16_TO_F32, F16_TO_F32, I8_TO_F32, F32_TO_BF16, F32_TO_F16 } Conversion;

/** Widens elements of a storage type to f32, or rounds f32 to one. */
typedef struct {
  Ref from, to;
  /** Elements. */
  int32_t count;
  /** One of Conversion. */
  int32_t conversion;
} ConvertArgs;

enum { CONVERT_ELEMENTS = 1 << 15 };

static int32_t convert_tasks(const ConvertArgs *args, int32_t phase) {
  (void)phase;
  return ceil_div(args->count, CONVERT_ELEMENTS);
}

NO_WORKSPACE(convert, ConvertArgs)

/** One vector. */
INLINE void convert_lanes(char *to, const char *from, int32_t conversion) {
  switch (conversion) {
    case BF16_TO_F32: store((float *)to, load_bf16(from)); break;
    case F16_TO_F32: store((float *)to, load_f16(from)); break;
    case I8_TO_F32: store((float *)to, load_i8(from)); break;
    case F32_TO_BF16: store_h((uint16_t *)to, narrow_bf16(load((const float *)from))); break;
    case F32_TO_F16: store_h((uint16_t *)to, narrow_f16(load((const float *)from))); break;
  }
}

/** Elements, of so many bytes before and after. */
INLINE void convert_span(char *to, const char *from, int32_t count, int32_t conversion, size_t from_bytes, size_t to_bytes) {
  int32_t i = 0;
  for (; i + LANES <= count; i += LANES) convert_lanes(to + i * to_bytes, from + i * from_bytes, conversion);
  if (i == count) return;
  // A whole vector beside the tensors: nothing beyond them is read or written.
  char source[LANES * 4] = {0}, target[LANES * 4];
  const size_t rest = (size_t)(count - i);
  memcpy(source, from + i * from_bytes, rest * from_bytes);
  convert_lanes(target, source, conversion);
  memcpy(to + i * to_bytes, target, rest * to_bytes);
}

static void convert_run(const Context *context, const ConvertArgs *args, int32_t phase, int32_t task) {
  (void)phase;
  const size_t first = (size_t)task * CONVERT_ELEMENTS;
  const int32_t count = min_i32(CONVERT_ELEMENTS, args->count - (int32_t)first);
  const char *from = at(context, args->from);
  char *to = at(context, args->to);
  switch (args->conversion) {
    case BF16_TO_F32: convert_span(to + first * 4, from + first * 2, count, BF16_TO_F32, 2, 4); break;
    case F16_TO_F32: convert_span(to + first * 4, from + first * 2, count, F16_TO_F32, 2, 4); break;
    case I8_TO_F32: convert_span(to + first * 4, from + first, count, I8_TO_F32, 1, 4); break;
    case F32_TO_BF16: convert_span(to + first * 2, from + first * 4, count, F32_TO_BF16, 4, 2); break;
    case F32_TO_F16: convert_span(to + first * 2, from + first * 4, count, F32_TO_F16, 4, 2); break;
  }
}
