/** Memory of the system, aligned to 64 bytes and full of zeros. */
#ifndef ATTUNE_MEMORY_H
#define ATTUNE_MEMORY_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__unix__) || defined(__APPLE__)
#include <sys/mman.h>
#define HAS_MMAP 1
#endif

/** Where a block is, and what it was made from. */
typedef struct {
  char *start;
  void *base;
  size_t mapped;
} Memory;

enum { ALIGNMENT = 64, LARGE_PAGE = 2 << 20 };

static inline char *align_up(void *base, size_t alignment) {
  return (char *)(((uintptr_t)base + alignment - 1) & ~(uintptr_t)(alignment - 1));
}

/** Returns memory whose `start` is NULL where there is none. Pages of large blocks are given when they are touched. */
static inline Memory memory_allocate(size_t bytes) {
  const Memory none = {NULL, NULL, 0};
  if (bytes > SIZE_MAX / 2) return none;
#ifdef __SANITIZE_ADDRESS__
  // Not a byte more than was asked for: what comes behind is watched.
  void *exact = NULL;
  if (posix_memalign(&exact, ALIGNMENT, bytes ? bytes : 1) != 0) return none;
  memset(exact, 0, bytes);
  return (Memory){exact, exact, 0};
#endif
#ifdef HAS_MMAP
  if (bytes >= LARGE_PAGE) {
    const size_t mapped = bytes + LARGE_PAGE;
    void *base = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED) return none;
    char *start = align_up(base, LARGE_PAGE);
#ifdef MADV_HUGEPAGE
    // Fewer misses of the TLB and fewer faults when pages are first touched. A system without large pages says no.
    madvise(start, bytes, MADV_HUGEPAGE);
#endif
    return (Memory){start, base, mapped};
  }
#endif
  void *base = calloc(1, bytes + ALIGNMENT);
  if (base == NULL) return none;
  return (Memory){align_up(base, ALIGNMENT), base, 0};
}

static inline void memory_free(Memory memory) {
#ifdef HAS_MMAP
  if (memory.mapped > 0) {
    munmap(memory.base, memory.mapped);
    return;
  }
#endif
  free(memory.base);
}

#endif
