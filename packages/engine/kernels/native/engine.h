/** An engine: memory, threads and kernels, as the addon gives it to JavaScript. Used by one thread of Node. */
#ifndef ATTUNE_NATIVE_ENGINE_H
#define ATTUNE_NATIVE_ENGINE_H

#include "handles.h"
#include "pool.h"

/** What a kernel has taken so far. */
typedef struct {
  double calls, ns;
} KernelTime;

typedef struct {
  /** First: it is aligned to cache lines. */
  Pool pool;
  const KernelTable *table;
  Handles blocks, tapes;
  /** Memory that tapes are run with. It grows as they need. */
  struct {
    Memory memory;
    size_t bytes;
  } workspace, slots, profile;
  Memory scratch, status;
  /** By kernel; NULL where no time is measured. */
  KernelTime *times;
  int32_t open, busy;
} NativeEngine;

/** Why something was not done. */
typedef enum { DONE, NO_MEMORY, NO_THREAD, NO_HANDLE, OUT_OF_BOUNDS, CORRUPT, BUSY } Outcome;

/** Opens an engine, which tells of the end of each run by `done`, from a thread of its own. */
Outcome engine_open(NativeEngine *engine, const KernelTable *table, int32_t threads, int32_t spins, int profile,
                    void (*done)(void *, Status), void *context);
void engine_close(NativeEngine *engine);

/** Sets `handle` to a new block of zeros. */
Outcome engine_allocate(NativeEngine *engine, double bytes, double *handle);
Outcome engine_free(NativeEngine *engine, double handle);

/** Sets `place` to the first byte of a stretch of a block. */
Outcome engine_stretch(const NativeEngine *engine, double handle, double offset, double bytes, char **place);

/** Sets `place` and `bytes` to a whole block. */
Outcome engine_block(const NativeEngine *engine, double handle, char **place, size_t *bytes);

Outcome engine_load(NativeEngine *engine, const int32_t *words, size_t length, double slots, double *handle);
Outcome engine_unload(NativeEngine *engine, double handle);

/** Begins a run of a tape on these blocks. */
Outcome engine_run(NativeEngine *engine, double tape, const double *blocks, size_t count);

/** Takes note of the end of a run, on the thread that began it. */
void engine_ended(NativeEngine *engine);

#endif
