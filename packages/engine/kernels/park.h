/** Parking of threads: a thread sleeps until a number changes and somebody says so. */
#ifndef ATTUNE_PARK_H
#define ATTUNE_PARK_H

#include <stdint.h>

#if defined(__wasm__)

/** Sleeps while the number has this value; may return early. */
static inline void park(uint32_t *number, uint32_t value) {
  __builtin_wasm_memory_atomic_wait32((int *)number, (int)value, -1);
}
/** Wakes all who sleep on a number. */
static inline void unpark(uint32_t *number) { __builtin_wasm_memory_atomic_notify((int *)number, 0x7fffffff); }

#elif defined(__linux__)

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline void park(uint32_t *number, uint32_t value) {
  syscall(SYS_futex, number, FUTEX_WAIT_PRIVATE, value, 0, 0, 0);
}
static inline void unpark(uint32_t *number) { syscall(SYS_futex, number, FUTEX_WAKE_PRIVATE, 0x7fffffff, 0, 0, 0); }

#elif defined(_WIN32)

#include <windows.h>

static inline void park(uint32_t *number, uint32_t value) {
  WaitOnAddress(number, &value, sizeof value, INFINITE);
}
static inline void unpark(uint32_t *number) { WakeByAddressAll(number); }

#else

#include <pthread.h>

static pthread_mutex_t parking = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t parked = PTHREAD_COND_INITIALIZER;

static inline void park(uint32_t *number, uint32_t value) {
  pthread_mutex_lock(&parking);
  if (__atomic_load_n(number, __ATOMIC_SEQ_CST) == value) pthread_cond_wait(&parked, &parking);
  pthread_mutex_unlock(&parking);
}
static inline void unpark(uint32_t *number) {
  (void)number;
  pthread_mutex_lock(&parking);
  pthread_cond_broadcast(&parked);
  pthread_mutex_unlock(&parking);
}

#endif

/** Eases the processor in a loop that waits. */
static inline void relax(void) {
#if defined(__x86_64__) || defined(_M_X64)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb" ::: "memory");
#endif
}

#endif
