/** A chain of elementwise ops, written to memory. */
#include "chain.h"

typedef struct {
  Chain chain;
  /** May be where an operand is that has as many elements of the same size, and is read as `full` only. */
  Ref to;
  /** The result is of bools. */
  int32_t is_bool;
  int32_t code[];
} ChainArgs;

static int32_t chain_tasks(const ChainArgs *args, int32_t phase) {
  (void)phase;
  return chain_task_count(&args->chain);
}

NO_WORKSPACE(chain, ChainArgs)

static void chain_run(const Context *context, const ChainArgs *args, int32_t phase, int32_t task) {
  (void)phase;
  const int32_t begin = task * CHAIN_TASK;
  const int32_t all = min_i32(CHAIN_TASK, args->chain.count - begin);
  char *to = at(context, args->to);
  ChainState state;
  chain_begin(&state, context, &args->chain, args->code, all);
  for (int32_t done = 0; done < all; done += CHAIN_BLOCK) {
    const int32_t count = min_i32(CHAIN_BLOCK, all - done);
    const int32_t first = begin + done;
    if (args->is_bool) {
      bools_of_lanes((uint8_t *)to + first, chain_block(&state, first, count, NULL), count);
      continue;
    }
    int32_t *words = (int32_t *)to + first;
    const int is_direct = count % LANES == 0;
    const int32_t *result = chain_block(&state, first, count, is_direct ? words : NULL);
    if (result != words) copy_words((float *)words, (const float *)result, count);
  }
}
