/**
 * All kernels for one instruction set, as one translation unit: everything in it is static but the table at its end, so that
 * an addon holds several of them. KERNEL_TABLE names the table.
 */
#include "engine.h"
#include "vector.h"
#include "math.h"

/** For a kernel that needs no workspace. */
#define NO_WORKSPACE(name, Args) \
  static size_t name##_workspace(const Args *args) { \
    (void)args; \
    return 0; \
  }

#include "attention-grad.c"
#include "attention.c"
#include "cache-write.c"
#include "convert.c"
#include "cached-attention.c"
#include "copy.c"
#include "move.c"
#include "reduce-rows.c"
#include "reduce-columns.c"
#include "gather.c"
#include "scatter-add.c"
#include "bernoulli.c"
#include "gemm.c"
#include "norm.c"
#include "norm-grad.c"
#include "softmax.c"
#include "cross-entropy.c"
#include "rope.c"
#include "chain.c"
#include "chain-sum.c"
#include "adam-w.c"
#include "reach.c"

// The executor knows arguments as words: these hand them on as what they are.
#define KERNEL(name, Args, phases) \
  static int32_t name##_tasks_of(const void *args, int32_t phase) { return name##_tasks((const Args *)args, phase); } \
  static size_t name##_workspace_of(const void *args) { return name##_workspace((const Args *)args); } \
  static void name##_run_of(const Context *context, const void *args, int32_t phase, int32_t task) { \
    name##_run(context, (const Args *)args, phase, task); \
  }
#include "kernels.def"
#undef KERNEL

#define KERNEL(name, Args, phases) \
  {#name, sizeof(Args) / 4, phases, name##_tasks_of, name##_workspace_of, name##_run_of, REACH_OF(Args)},
static const Kernel all_kernels[] = {
#include "kernels.def"
};
#undef KERNEL

#ifndef KERNEL_TABLE
#define KERNEL_TABLE kernel_table
#endif
const KernelTable KERNEL_TABLE = {ISA_NAME, sizeof all_kernels / sizeof all_kernels[0], all_kernels};
