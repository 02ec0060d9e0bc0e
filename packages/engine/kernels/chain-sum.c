/**
 * The sum of all elements of a chain's result, which itself is not written.
 *
 * Rounding: within a block of CHAIN_BLOCK, no element goes through more than CHAIN_BLOCK / (4 · LANES) additions in a lane,
 * and those of lanes and accumulators; blocks are added in float64.
 */
#include "chain.h"

typedef struct {
  Chain chain;
  Ref to;
  int32_t code[];
} ChainSumArgs;

/** A small sum is one task, and has no second phase. The sum of nothing is written, too. */
INLINE int32_t sum_parts(const Chain *chain) { return max_i32(1, chain_task_count(chain)); }

static int32_t chain_sum_tasks(const ChainSumArgs *args, int32_t phase) {
  const int32_t parts = sum_parts(&args->chain);
  if (phase == 0) return parts;
  return parts > 1 ? 1 : 0;
}

static size_t chain_sum_workspace(const ChainSumArgs *args) {
  const int32_t parts = sum_parts(&args->chain);
  return parts > 1 ? (size_t)parts * sizeof(double) : 0;
}

/** The sum of whole vectors. */
INLINE float sum_of_block(const float *from, int32_t count) {
  vf total[4] = {splat(0.0f), splat(0.0f), splat(0.0f), splat(0.0f)};
  int32_t i = 0;
  for (; i + 4 * LANES <= count; i += 4 * LANES)
    for (int k = 0; k < 4; k++) total[k] += load(from + i + k * LANES);
  for (; i < count; i += LANES) total[0] += load(from + i);
  return sum_lanes((total[0] + total[1]) + (total[2] + total[3]));
}

static void chain_sum_run(const Context *context, const ChainSumArgs *args, int32_t phase, int32_t task) {
  double *parts = (double *)context->workspace;
  if (phase == 1) {
    double total = 0;
    for (int32_t i = 0; i < sum_parts(&args->chain); i++) total += parts[i];
    *(float *)at(context, args->to) = (float)total;
    return;
  }
  const int32_t begin = task * CHAIN_TASK;
  const int32_t all = min_i32(CHAIN_TASK, args->chain.count - begin);
  ChainState state;
  chain_begin(&state, context, &args->chain, args->code, all);
  double total = 0;
  for (int32_t done = 0; done < all; done += CHAIN_BLOCK) {
    const int32_t count = min_i32(CHAIN_BLOCK, all - done);
    const float *block = (const float *)chain_block(&state, begin + done, count, NULL);
    const int32_t whole = count & ~(LANES - 1);
    total += sum_of_block(block, whole);
    if (whole < count) total += sum_lanes(load_part(block + whole, count - whole));
  }
  if (sum_parts(&args->chain) == 1)
    *(float *)at(context, args->to) = (float)total;
  else
    parts[task] = total;
}
