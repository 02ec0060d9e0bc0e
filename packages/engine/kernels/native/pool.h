/** Threads that run tapes one after the other, beside the thread that asks for it. */
#ifndef ATTUNE_POOL_H
#define ATTUNE_POOL_H

#include "../execute.h"
#include "thread.h"

typedef struct Pool Pool;

/** A thread of a pool, and its number. */
typedef struct {
  Pool *pool;
  int32_t number;
  Thread thread;
} Worker;

struct Pool {
  Crew crew;
  Worker *workers;
  int32_t threads, started;
  /** Moves when there is a run, and at the end. */
  Signal request;
  int32_t closing, cancelled;
  /** The run under way. */
  Run run;
  /** Is called by a thread of the pool when a run has ended. */
  void (*done)(void *context, Status status);
  void *context;
};

/** Starts the threads. Returns 0 where the system refuses one: then none is left. */
int pool_open(Pool *pool, int32_t threads, int32_t spins, void (*done)(void *, Status), void *context);

/** Begins a run. The one before it has ended. */
void pool_run(Pool *pool, const Run *run);

/** Cuts the run under way short, and ends the threads. */
void pool_close(Pool *pool);

#endif
