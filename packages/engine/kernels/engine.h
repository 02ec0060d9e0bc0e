/**
 * The interface between the executor and the kernels.
 *
 * A planned program is a *tape*: a list of instructions, each the number of a kernel and its arguments, as 32-bit words. A
 * kernel divides its work into tasks. Which tasks there are, and what each of them computes, follows from the arguments alone
 * and never from the number of threads, so that the bits of a result do not depend on it; which thread runs a task is open.
 */
#ifndef ATTUNE_ENGINE_H
#define ATTUNE_ENGINE_H

#include <stddef.h>
#include <stdint.h>

/** Of the kernels, all together: goes up whenever the bits of some result change. */
#define ENGINE_VERSION 2

/** Bytes of memory that each thread has for itself while it runs a task: for packed panels of matrices, for example. */
#define SCRATCH_BYTES (1 << 20)

/** A place in memory: a slot (the arena, the constants, a tensor of the state, …) and an offset in units of 4 bytes. */
typedef struct {
  int32_t slot;
  uint32_t offset;
} Ref;

/** The slot of a Ref that is not there: an optional argument. */
#define NO_SLOT (-1)

/** What a run can end with. The first fault that a task reports stands. */
typedef enum { STATUS_OK = 0, STATUS_INDEX_OUT_OF_RANGE = 1, STATUS_CORRUPT_TAPE = 2 } Status;

/** The surroundings of a task. */
typedef struct {
  /** First byte of each slot. */
  char *const *slots;
  /** Memory that all tasks of an instruction share, as many bytes as its kernel asks for; its content is undefined at first. */
  char *workspace;
  /** SCRATCH_BYTES that belong to this thread; nothing in them outlives a task. Aligned to 64 bytes, as the workspace is. */
  char *scratch;
  /** The thread's place to report a Status that is not STATUS_OK. */
  int32_t *status;
} Context;

static inline int is_there(Ref ref) { return ref.slot != NO_SLOT; }

/** First byte of a place. */
static inline void *at(const Context *context, Ref ref) {
  return context->slots[ref.slot] + (size_t)ref.offset * 4;
}

/** Reports a fault; the first one stands. */
static inline void report(const Context *context, Status status) {
  if (*context->status == STATUS_OK) *context->status = status;
}

/** Number of words of arguments: for kernels that take lists. */
static inline int32_t words_of(const void *args) { return ((const int32_t *)args)[-1]; }

/** See reach.h. */
typedef struct Reach Reach;

/**
 * A kernel. The phases of an instruction run one after the other: all tasks of a phase are done before the next begins.
 */
typedef struct {
  const char *name;
  /** Length of its arguments in words, or the least where it varies: then the kernel looks at words_of(args). */
  int32_t words;
  int32_t phases;
  /** Number of tasks of a phase; −1 where the arguments are corrupt, a list that is longer than they are. */
  int32_t (*tasks)(const void *args, int32_t phase);
  /** Bytes of workspace that it needs. */
  size_t (*workspace)(const void *args);
  void (*run)(const Context *context, const void *args, int32_t phase, int32_t task);
  /** Notes what its arguments reach in memory; NULL if that is not known. */
  void (*reach)(const void *args, Reach *found);
} Kernel;

/** The kernels of one instruction set, in the order of kernels.def. */
typedef struct {
  /** E.g. `avx512`, `avx2`, `neon`, `simd128`, `relaxed`. */
  const char *isa;
  int32_t count;
  const Kernel *kernels;
} KernelTable;

/** ceil(a / b), for positive numbers. */
static inline int32_t ceil_div(int32_t a, int32_t b) { return (int32_t)(((int64_t)a + b - 1) / b); }
static inline int32_t min_i32(int32_t a, int32_t b) { return a < b ? a : b; }
static inline int32_t max_i32(int32_t a, int32_t b) { return a > b ? a : b; }

#endif
