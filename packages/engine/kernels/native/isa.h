/** The instruction sets that this addon has kernels for, the best one first, and those that this processor has. */
#ifndef ATTUNE_ISA_H
#define ATTUNE_ISA_H

#include "../engine.h"
#include <string.h>

#if defined(__x86_64__) || defined(_M_X64)

extern const KernelTable kernels_avx512, kernels_avx2;
static const KernelTable *const tables[] = {&kernels_avx512, &kernels_avx2};

static inline int isa_runs_here(const KernelTable *table) {
  __builtin_cpu_init();
  const int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (table == &kernels_avx2) return avx2;
  return avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
}

#elif defined(__aarch64__)

extern const KernelTable kernels_neon;
static const KernelTable *const tables[] = {&kernels_neon};

static inline int isa_runs_here(const KernelTable *table) {
  (void)table;
  return 1;
}

#else
#error "There are native kernels for x86-64 and arm64."
#endif

enum { TABLES = sizeof tables / sizeof tables[0] };

/** The kernels for an instruction set; NULL where it is unknown or this processor has it not. */
static inline const KernelTable *isa_find(const char *isa) {
  for (int i = 0; i < TABLES; i++)
    if (strcmp(tables[i]->isa, isa) == 0) return isa_runs_here(tables[i]) ? tables[i] : NULL;
  return NULL;
}

#endif
