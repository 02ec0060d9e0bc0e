/**
 * Vectors of the instruction set that this is compiled for, in GNU C's vector extensions: 16 lanes with AVX-512, 8 with AVX2,
 * 4 in WebAssembly and with NEON. Everything else in this folder is written in terms of these.
 */
#ifndef ATTUNE_VECTOR_H
#define ATTUNE_VECTOR_H

#include <stdint.h>
#include <string.h>
#if defined(__AVX2__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
#define LANES 16
#define ISA_NAME "avx512"
#elif defined(__AVX2__) && defined(__FMA__)
#define LANES 8
#define ISA_NAME "avx2"
#elif defined(__wasm_relaxed_simd__)
#define LANES 4
#define ISA_NAME "relaxed"
#elif defined(__wasm_simd128__)
#define LANES 4
#define ISA_NAME "simd128"
#elif defined(__ARM_NEON)
#define LANES 4
#define ISA_NAME "neon"
#else
#error "No vectors: compile with -mavx2 -mfma, -mavx512f, -msimd128, or for arm64."
#endif

typedef float vf __attribute__((vector_size(LANES * 4)));
typedef int32_t vi __attribute__((vector_size(LANES * 4)));
typedef uint32_t vu __attribute__((vector_size(LANES * 4)));

#define INLINE static inline __attribute__((always_inline))

INLINE vf load(const float *from) {
  vf x;
  memcpy(&x, from, sizeof x);
  return x;
}
INLINE void store(float *to, vf x) { memcpy(to, &x, sizeof x); }
INLINE vi load_i(const int32_t *from) {
  vi x;
  memcpy(&x, from, sizeof x);
  return x;
}
INLINE void store_i(int32_t *to, vi x) { memcpy(to, &x, sizeof x); }

INLINE vf splat(float x) { return x - (vf){0}; }
INLINE vi splat_i(int32_t x) { return x - (vi){0}; }

#if defined(__AVX512F__)
INLINE __mmask16 first_lanes(int32_t n) { return (__mmask16)((1u << n) - 1); }
#elif defined(__AVX2__)
INLINE __m256i first_lanes(int32_t n) { return (__m256i)((vi){0, 1, 2, 3, 4, 5, 6, 7} < splat_i(n)); }
#endif

/** The first n lanes, n ≤ LANES; zeros in the others. Nothing beyond them is read. */
INLINE vf load_part(const float *from, int32_t n) {
  if (__builtin_constant_p(n) && n == LANES) return load(from);
#if defined(__AVX512F__)
  return (vf)_mm512_maskz_loadu_ps(first_lanes(n), from);
#elif defined(__AVX2__)
  return (vf)_mm256_maskload_ps(from, first_lanes(n));
#else
  if (n == 4) return load(from);
  return (vf){n > 0 ? from[0] : 0, n > 1 ? from[1] : 0, n > 2 ? from[2] : 0, 0};
#endif
}
INLINE void store_part(float *to, vf x, int32_t n) {
  if (__builtin_constant_p(n) && n == LANES) {
    store(to, x);
    return;
  }
#if defined(__AVX512F__)
  _mm512_mask_storeu_ps(to, first_lanes(n), (__m512)x);
#elif defined(__AVX2__)
  _mm256_maskstore_ps(to, first_lanes(n), (__m256)x);
#else
  for (int32_t i = 0; i < n; i++) to[i] = x[i];
#endif
}

/** Lanes of a where the mask's are all ones, of b where they are zero. */
INLINE vf choose(vi mask, vf a, vf b) { return (vf)((mask & (vi)a) | (~mask & (vi)b)); }
INLINE vi choose_i(vi mask, vi a, vi b) { return (mask & a) | (~mask & b); }

/** a · b + c: rounded once where the instruction set can, twice in WebAssembly without relaxed SIMD. */
INLINE vf fma_v(vf a, vf b, vf c) {
#if defined(__wasm_relaxed_simd__)
  return (vf)__builtin_wasm_relaxed_madd_f32x4(a, b, c);
#else
  return a * b + c;
#endif
}

typedef float vf4 __attribute__((vector_size(16)));
#if LANES >= 8
typedef float vf8 __attribute__((vector_size(32)));
#endif

// Halves are folded onto each other: 16 lanes to 8, to 4, to 2, to 1.
#define LOW_4(x) __builtin_shufflevector(x, x, 0, 1, 2, 3)
#define HIGH_4(x) __builtin_shufflevector(x, x, 4, 5, 6, 7)
#define LOW_8(x) __builtin_shufflevector(x, x, 0, 1, 2, 3, 4, 5, 6, 7)
#define HIGH_8(x) __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15)

/** The sum of the lanes, in a fixed order. */
INLINE float sum_lanes(vf x) {
#if LANES == 16
  const vf8 eight = (vf8)LOW_8(x) + (vf8)HIGH_8(x);
  const vf4 four = (vf4)LOW_4(eight) + (vf4)HIGH_4(eight);
#elif LANES == 8
  const vf4 four = (vf4)LOW_4(x) + (vf4)HIGH_4(x);
#else
  const vf4 four = x;
#endif
  return (four[0] + four[2]) + (four[1] + four[3]);
}

INLINE vf4 larger_of_4(vf4 a, vf4 b) {
#if defined(__AVX2__)
  return (vf4)_mm_max_ps((__m128)a, (__m128)b);
#elif LANES == 4
  return choose(a > b, a, b);
#endif
}

/** The largest of the lanes. Lanes that are NaN may be left out. */
INLINE float max_lanes(vf x) {
#if LANES == 16
  const vf8 eight = (vf8)_mm256_max_ps((__m256)LOW_8(x), (__m256)HIGH_8(x));
  const vf4 four = larger_of_4((vf4)LOW_4(eight), (vf4)HIGH_4(eight));
#elif LANES == 8
  const vf4 four = larger_of_4((vf4)LOW_4(x), (vf4)HIGH_4(x));
#else
  const vf4 four = x;
#endif
  const vf4 two = larger_of_4(four, __builtin_shufflevector(four, four, 2, 3, 2, 3));
  return two[0] > two[1] ? two[0] : two[1];
}

#endif
