/** Threads of the system. */
#ifndef ATTUNE_THREAD_H
#define ATTUNE_THREAD_H

#if defined(_WIN32)

#include <windows.h>

typedef HANDLE Thread;
#define THREAD_RESULT DWORD WINAPI
static inline int thread_start(Thread *thread, LPTHREAD_START_ROUTINE main, void *arg) {
  *thread = CreateThread(NULL, 0, main, arg, 0, NULL);
  return *thread != NULL;
}
static inline void thread_join(Thread thread) {
  WaitForSingleObject(thread, INFINITE);
  CloseHandle(thread);
}

#else

#include <pthread.h>
#include <signal.h>

typedef pthread_t Thread;
#define THREAD_RESULT void *
/** Starts a thread that takes no signals: those are for the threads of Node. Returns 0 where the system refuses it. */
static inline int thread_start(Thread *thread, void *(*main)(void *), void *arg) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const int started = pthread_create(thread, NULL, main, arg) == 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return started;
}
static inline void thread_join(Thread thread) { pthread_join(thread, NULL); }

#endif
#endif
