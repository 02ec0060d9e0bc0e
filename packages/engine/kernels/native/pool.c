#include "pool.h"

#include <stdlib.h>

/** The first thread: waits for runs, and leads the others through them. */
static void lead(Pool *pool) {
  for (uint32_t seen = 0;; seen++) {
    signal_await(&pool->request, seen, pool->crew.team.spins);
    if (__atomic_load_n(&pool->closing, __ATOMIC_ACQUIRE)) break;
    const Status status = crew_run(&pool->crew, &pool->run);
    pool->done(pool->context, status);
  }
  crew_close(&pool->crew);
}

static THREAD_RESULT work(void *arg) {
  const Worker *worker = arg;
  if (worker->number == 0) lead(worker->pool);
  else crew_serve(&worker->pool->crew, worker->number);
  return 0;
}

int pool_open(Pool *pool, int32_t threads, int32_t spins, void (*done)(void *, Status), void *context) {
  *pool = (Pool){.threads = threads, .done = done, .context = context};
  crew_open(&pool->crew, threads, spins);
  pool->workers = calloc((size_t)threads, sizeof(Worker));
  if (pool->workers == NULL) return 0;
  for (int32_t i = 0; i < threads; i++) {
    pool->workers[i] = (Worker){.pool = pool, .number = i};
    if (!thread_start(&pool->workers[i].thread, work, pool->workers + i)) {
      pool_close(pool);
      return 0;
    }
    pool->started++;
  }
  return 1;
}

void pool_run(Pool *pool, const Run *run) {
  pool->run = *run;
  pool->run.cancelled = &pool->cancelled;
  signal_move(&pool->request);
}

void pool_close(Pool *pool) {
  __atomic_store_n(&pool->cancelled, 1, __ATOMIC_RELAXED);
  __atomic_store_n(&pool->closing, 1, __ATOMIC_RELEASE);
  signal_move(&pool->request);
  for (int32_t i = 0; i < pool->started; i++) thread_join(pool->workers[i].thread);
  free(pool->workers);
  pool->workers = NULL;
  pool->started = 0;
}
