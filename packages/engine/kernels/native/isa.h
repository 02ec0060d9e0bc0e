/** The instruction sets that this addon has kernels for, the best one first, and those that this processor has. */
#ifndef ATTUNE_ISA_H
#define ATTUNE_ISA_H

#include "../engine.h"
#include <string.h>

#if defined(__x86_64__) || defined(_M_X64)

#include <cpuid.h>

extern const KernelTable kernels_avx512, kernels_avx2;
static const KernelTable *const tables[] = {&kernels_avx512, &kernels_avx2};

/** Registers that the system keeps when it switches threads, as bits of XCR0: of AVX, and of AVX-512 as well. */
enum { SAVES_AVX = 0x06, SAVES_AVX512 = 0xe6 };

static inline int saves_registers(unsigned wanted) {
  unsigned low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (low & wanted) == wanted;
}

static inline int has_all(unsigned features, unsigned wanted) { return (features & wanted) == wanted; }

/** Asks the processor itself: the compiler's __builtin_cpu_supports needs a library that not every linker brings along. */
static inline int isa_runs_here(const KernelTable *table) {
  unsigned eax, ebx, ecx, edx;
  // bit_OSXSAVE: the system keeps registers, and XCR0 says which.
  if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || !has_all(ecx, bit_OSXSAVE | bit_AVX | bit_FMA | bit_F16C)) return 0;
  if (!__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) || !has_all(ebx, bit_AVX2)) return 0;
  if (table == &kernels_avx2) return saves_registers(SAVES_AVX);
  return has_all(ebx, bit_AVX512F | bit_AVX512BW | bit_AVX512VL | bit_AVX512DQ) && saves_registers(SAVES_AVX512);
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
