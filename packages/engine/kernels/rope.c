/**
 * Rotary position embedding: entries d and d + D/2 of a row are turned by an angle. Backwards it is the turn by the opposite
 * angle. Source: Su et al., "RoFormer" (2021).
 */
#include "heads.h"

typedef struct {
  HeadRows x, out;
  /** `[batches, heads, length, D/2]`, where an axis that repeats has stride 0; the last one, by its step: 0 or 1. */
  HeadRows cos, sin;
  int32_t cos_step, sin_step;
  int32_t batches, heads, length;
  /** D / 2. */
  int32_t half;
  /** 1, or −1 to turn backwards. */
  float direction;
} RopeArgs;

/** Elements of a task, more or less. */
enum { ROPE_TASK = 1 << 15 };

static int32_t rope_rows_per_task(const RopeArgs *args) { return max_i32(1, ROPE_TASK / (2 * args->half + 1)); }

static int32_t rope_tasks(const RopeArgs *args, int32_t phase) {
  (void)phase;
  const int64_t rows = (int64_t)args->batches * args->heads * args->length;
  return args->half == 0 ? 0 : (int32_t)((rows + rope_rows_per_task(args) - 1) / rope_rows_per_task(args));
}

NO_WORKSPACE(rope, RopeArgs)

/** A point, and what it becomes. */
typedef struct {
  vf first, second;
} RopePair;

INLINE RopePair rope_turn(RopePair x, vf cos, vf sin) {
  return (RopePair){fma_v(-x.second, sin, x.first * cos), fma_v(x.first, sin, x.second * cos)};
}

/** `lanes` entries of a row of a table from d on. */
INLINE vf rope_angles(const float *row, int32_t step, int32_t d, int32_t lanes) {
  if (step == 0) return splat(*row);
  return lanes < LANES ? load_part(row + d, lanes) : load(row + d);
}

/** One row of `x` and `out`; `cos` and `sin` of its angles. */
static void rope_row(const RopeArgs *args, const float *x, const float *cos, const float *sin, float *out) {
  const int32_t half = args->half;
  int32_t d = 0;
  for (; d + LANES <= half; d += LANES) {
    const RopePair turned = rope_turn((RopePair){load(x + d), load(x + half + d)}, rope_angles(cos, args->cos_step, d, LANES),
                                      rope_angles(sin, args->sin_step, d, LANES) * args->direction);
    store(out + d, turned.first);
    store(out + half + d, turned.second);
  }
  if (d < half) {
    const int32_t rest = half - d;
    const RopePair turned = rope_turn((RopePair){load_part(x + d, rest), load_part(x + half + d, rest)},
                                      rope_angles(cos, args->cos_step, d, rest),
                                      rope_angles(sin, args->sin_step, d, rest) * args->direction);
    store_part(out + d, turned.first, rest);
    store_part(out + half + d, turned.second, rest);
  }
}

static void rope_run(const Context *context, const RopeArgs *args, int32_t phase, int32_t task) {
  (void)phase;
  const int32_t per_task = rope_rows_per_task(args);
  const int64_t rows = (int64_t)args->batches * args->heads * args->length;
  const int64_t first = (int64_t)task * per_task, last = first + per_task < rows ? first + per_task : rows;
  for (int64_t index = first; index < last; index++) {
    const int32_t row = (int32_t)(index % args->length), outer = (int32_t)(index / args->length);
    const int32_t batch = outer / args->heads, head = outer % args->heads;
    rope_row(args, head_row(context, &args->x, batch, head, row), head_row(context, &args->cos, batch, head, row),
             head_row(context, &args->sin, batch, head, row), head_row(context, &args->out, batch, head, row));
  }
}
