#include "exponentials.h"

/**
 * Cross-entropy of rows against their targets, `log Σⱼ e^xⱼ − x[target]`, its gradient,
 * `(softmax(x) − oneHot(target)) · scale`, or both in one pass. Where the target is `ignored`, both are 0; a target that is
 * neither that nor in [0, width) is STATUS_INDEX_OUT_OF_RANGE.
 */
typedef struct {
  /** f32[rows, width]. */
  Ref logits;
  /** i32[rows]. */
  Ref targets;
  /** f32[rows], the gradient of each loss; or not there: it is `scale` for all of them. */
  Ref scales;
  /** f32[rows], or not there. */
  Ref losses;
  /** f32[rows, width], or not there; may be the logits. */
  Ref dlogits;
  int32_t rows, width, ignored;
  float scale;
} CrossEntropyArgs;

static int32_t cross_entropy_rows_per_task(const CrossEntropyArgs *args) {
  return rows_per_task(args->rows, args->width, SOFTMAX_ELEMENTS, 1);
}

static int32_t cross_entropy_tasks(const CrossEntropyArgs *args, int32_t phase) {
  (void)phase;
  return ceil_div(args->rows, cross_entropy_rows_per_task(args));
}

NO_WORKSPACE(cross_entropy, CrossEntropyArgs)

/** Loss of a row, and its gradient where `gradient` is given, for a target in [0, width). */
INLINE float cross_entropy_row(const float *x, int32_t width, int32_t target, float scale, float *gradient, float *bases) {
  const float own = x[target];
  const ExpSum row = sum_exponentials(x, width, gradient, bases);
  if (gradient) {
    scale_exponentials(gradient, width, bases, row.max, scale / row.sum);
    gradient[target] -= scale;
  }
  return log_v(splat(row.sum))[0] + (row.max - own);
}

static void cross_entropy_run(const Context *context, const CrossEntropyArgs *args, int32_t phase, int32_t task) {
  (void)phase;
  const int32_t width = args->width, count = cross_entropy_rows_per_task(args);
  const int32_t end = min_i32(args->rows, (task + 1) * count);
  const int32_t *targets = at(context, args->targets);
  const float *logits = at(context, args->logits);
  const float *scales = is_there(args->scales) ? at(context, args->scales) : NULL;
  float *losses = is_there(args->losses) ? at(context, args->losses) : NULL;
  float *dlogits = is_there(args->dlogits) ? at(context, args->dlogits) : NULL;
  float *bases = (float *)context->scratch;
  for (int32_t row = task * count; row < end; row++) {
    const int32_t target = targets[row];
    const float *x = logits + (size_t)row * width;
    float *gradient = dlogits ? dlogits + (size_t)row * width : NULL;
    float loss = 0;
    if (target >= 0 && target < width && target != args->ignored) {
      loss = gradient ? cross_entropy_row(x, width, target, scales ? scales[row] : args->scale, gradient, bases)
                      : cross_entropy_row(x, width, target, 0, NULL, NULL);
    } else {
      if (target != args->ignored) report(context, STATUS_INDEX_OUT_OF_RANGE);
      if (gradient) memset(gradient, 0, (size_t)width * 4);
    }
    if (losses) losses[row] = loss;
  }
}
