/**
 * Vectors of the instruction set that this is compiled for, in GNU C's vector extensions: 16 lanes with AVX-512, 8 with AVX2,
 * 4 in WebAssembly and with NEON. Everything else in this folder is written in terms of these.
 */
#ifndef ATTUNE_VECTOR_H
#define ATTUNE_VECTOR_H

#include <stdint.h>
#include <string.h>

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

/** The first n lanes, n < LANES; zeros in the others. Nothing beyond them is read. */
INLINE vf load_part(const float *from, int32_t n) {
  vf x = {0};
  memcpy(&x, from, (size_t)n * 4);
  return x;
}
INLINE void store_part(float *to, vf x, int32_t n) { memcpy(to, &x, (size_t)n * 4); }

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

/** The sum of the lanes, in a fixed order. */
INLINE float sum_lanes(vf x) {
  float lanes[LANES];
  memcpy(lanes, &x, sizeof x);
  for (int width = LANES / 2; width > 0; width /= 2)
    for (int i = 0; i < width; i++) lanes[i] += lanes[i + width];
  return lanes[0];
}

/** The largest of the lanes. */
INLINE float max_lanes(vf x) {
  float lanes[LANES];
  memcpy(lanes, &x, sizeof x);
  float largest = lanes[0];
  for (int i = 1; i < LANES; i++) largest = lanes[i] > largest ? lanes[i] : largest;
  return largest;
}

#endif
