/**
 * The limits of a machine that a figure is held against: multiplications and additions in registers alone, and a plain loop that reads
 * memory. Prints JSON: GFLOP/s of one thread by the width of vectors, and GB/s by threads.
 *
 *     cc -O3 -march=native -pthread limits.c -o limits && ./limits 2
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

enum { ACCUMULATORS = 12, REPETITIONS = 20000, RUNS = 40 };

/** Keeps a vector in a register, where the compiler does not know its value. */
#define HOLD(x) __asm__ volatile("" : "+x"(x))

/** GFLOP/s of independent chains of x = x · a + b: enough of them to hide the latency. */
#define PEAK(bytes) \
  static double peak_##bytes(void) { \
    typedef float vector __attribute__((vector_size(bytes))); \
    vector x[ACCUMULATORS] = {0}, a = {0.5f}, b = {0.25f}; \
    double best = 1e9; \
    for (int run = 0; run < RUNS; run++) { \
      const double start = now(); \
      for (int i = 0; i < REPETITIONS; i++) { \
        HOLD(a); \
        _Pragma("GCC unroll 12") for (int j = 0; j < ACCUMULATORS; j++) x[j] = x[j] * a + b; \
      } \
      for (int j = 0; j < ACCUMULATORS; j++) HOLD(x[j]); \
      const double seconds = now() - start; \
      if (seconds < best) best = seconds; \
    } \
    return 2.0 * ACCUMULATORS * REPETITIONS * (bytes / 4) / best / 1e9; \
  }
PEAK(16)
#ifdef __AVX2__
PEAK(32)
#endif
#ifdef __AVX512F__
PEAK(64)
#endif

/** Of all threads together; far more than the caches hold. */
static const size_t BYTES = (size_t)512 << 20;

typedef struct {
  const uint64_t *from;
  size_t count;
  uint64_t sum;
} Part;

static void *sum_part(void *arg) {
  Part *part = arg;
  uint64_t sum = 0;
  for (size_t i = 0; i < part->count; i++) sum += part->from[i];
  part->sum = sum;
  return NULL;
}

static double read_rate(const uint64_t *from, int threads) {
  pthread_t handles[64];
  Part parts[64];
  double best = 1e9;
  for (int run = 0; run < 8; run++) {
    const size_t count = BYTES / 8 / (size_t)threads;
    const double start = now();
    for (int i = 0; i < threads; i++) {
      parts[i] = (Part){from + count * (size_t)i, count, 0};
      pthread_create(handles + i, NULL, sum_part, parts + i);
    }
    for (int i = 0; i < threads; i++) pthread_join(handles[i], NULL);
    const double seconds = now() - start;
    if (seconds < best) best = seconds;
  }
  return (double)BYTES / best / 1e9;
}

int main(int argc, char **argv) {
  int threads = argc > 1 ? atoi(argv[1]) : 2;
  if (threads < 1 || threads > 64) threads = 2;
  uint64_t *memory = malloc(BYTES);
  if (memory == NULL) return 1;
  memset(memory, 1, BYTES);
  printf("{\"gigaflopsOfOneThread\":{\"128 bits\":%.1f", peak_16());
#ifdef __AVX2__
  printf(",\"256 bits\":%.1f", peak_32());
#endif
#ifdef __AVX512F__
  printf(",\"512 bits\":%.1f", peak_64());
#endif
  printf("},\"gigabytesReadPerSecond\":{\"1 thread\":%.1f", read_rate(memory, 1));
  if (threads > 1) printf(",\"%d threads\":%.1f", threads, read_rate(memory, threads));
  printf("}}\n");
  free(memory);
}
