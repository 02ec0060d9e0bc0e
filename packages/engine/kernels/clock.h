/** Time, for profiles. */
#ifndef ATTUNE_CLOCK_H
#define ATTUNE_CLOCK_H

#if defined(__wasm__)

/** Milliseconds, from JavaScript. */
__attribute__((import_module("env"), import_name("now"))) double now_ms(void);
static inline double now_ns(void) { return now_ms() * 1e6; }

#elif defined(_WIN32)

#include <windows.h>

static inline double now_ns(void) {
  LARGE_INTEGER count, frequency;
  QueryPerformanceCounter(&count);
  QueryPerformanceFrequency(&frequency);
  return (double)count.QuadPart / (double)frequency.QuadPart * 1e9;
}

#else

#include <time.h>

static inline double now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

#endif
#endif
