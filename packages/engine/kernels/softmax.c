#include "exponentials.h"

/** `e^xᵢ / Σⱼ e^xⱼ` or `xᵢ − log Σⱼ e^xⱼ` over rows, relative to the row's maximum. */
typedef struct {
  /** f32[rows, width]. */
  Ref x;
  /** f32[rows, width]; may be x. */
  Ref y;
  int32_t rows, width;
  /** 1 for the logarithm. */
  int32_t logarithm;
} SoftmaxArgs;

enum {
  /** Elements of a task. */
  SOFTMAX_ELEMENTS = 1 << 13
};

static int32_t softmax_rows_per_task(const SoftmaxArgs *args) {
  return rows_per_task(args->rows, args->width, SOFTMAX_ELEMENTS, 1);
}

static int32_t softmax_tasks(const SoftmaxArgs *args, int32_t phase) {
  (void)phase;
  return args->width == 0 ? 0 : ceil_div(args->rows, softmax_rows_per_task(args));
}

NO_WORKSPACE(softmax, SoftmaxArgs)

static void log_softmax_row(const float *x, float *y, int32_t width) {
  const ExpSum row = sum_exponentials(x, width, NULL, NULL);
  const vf max = splat(row.max), logarithm = log_v(splat(row.sum));
  int32_t c = 0;
  for (; c + LANES <= width; c += LANES) store(y + c, load(x + c) - max - logarithm);
  if (c < width) store_part(y + c, load_part(x + c, width - c) - max - logarithm, width - c);
}

static void softmax_run(const Context *context, const SoftmaxArgs *args, int32_t phase, int32_t task) {
  (void)phase;
  const int32_t width = args->width, count = softmax_rows_per_task(args);
  const int32_t end = min_i32(args->rows, (task + 1) * count);
  float *bases = (float *)context->scratch;
  for (int32_t row = task * count; row < end; row++) {
    const float *x = (const float *)at(context, args->x) + (size_t)row * width;
    float *y = (float *)at(context, args->y) + (size_t)row * width;
    if (args->logarithm) {
      log_softmax_row(x, y, width);
    } else {
      const ExpSum exponentials = sum_exponentials(x, width, y, bases);
      scale_exponentials(y, width, bases, exponentials.max, 1.0f / exponentials.sum);
    }
  }
}
