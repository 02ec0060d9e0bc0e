/** Elements of storage types, bfloat16, float16 and 8-bit whole numbers, as vectors of float32, and back. */
#ifndef ATTUNE_NARROW_H
#define ATTUNE_NARROW_H

#include "engine.h"
#include "vector.h"

typedef uint16_t vh __attribute__((vector_size(LANES * 2)));
typedef int8_t vb __attribute__((vector_size(LANES)));

INLINE vh load_h(const uint16_t *from) {
  vh x;
  memcpy(&x, from, sizeof x);
  return x;
}
INLINE void store_h(uint16_t *to, vh x) { memcpy(to, &x, sizeof x); }
INLINE vb load_b(const int8_t *from) {
  vb x;
  memcpy(&x, from, sizeof x);
  return x;
}

INLINE vf widen_bf16(vh x) { return (vf)(__builtin_convertvector(x, vu) << 16); }

/** Without arithmetic on subnormal float32, which a processor may be set to take for 0. */
INLINE vf widen_f16(vh half) {
  const vu h = __builtin_convertvector(half, vu);
  const vu sign = (h & 0x8000) << 16, exponent = h & 0x7c00;
  const vu moved = ((h & 0x7fff) << 13) + (112u << 23);
  // A subnormal is fraction · 2⁻²⁴: behind 2⁻¹⁴, which is then taken away.
  const vf least = (vf)((vu){0} + (113u << 23));
  const vu subnormal = (vu)((vf)(moved + (1u << 23)) - least);
  const vu special = moved + (112u << 23);
  const vu finite = (vu)choose_i((vi)(exponent == 0), (vi)subnormal, (vi)moved);
  return (vf)(sign | (vu)choose_i((vi)(exponent == 0x7c00), (vi)special, (vi)finite));
}

INLINE vf widen_i8(vb x) { return __builtin_convertvector(__builtin_convertvector(x, vi), vf); }

/** LANES elements, as float32. The compiler makes much of a conversion of vectors that the processor has an instruction for. */
INLINE vf load_bf16(const void *from) {
#if defined(__AVX512F__)
  return (vf)_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256(from)), 16);
#elif defined(__AVX2__)
  return (vf)_mm256_slli_epi32(_mm256_cvtepu16_epi32(_mm_loadu_si128(from)), 16);
#else
  return widen_bf16(load_h(from));
#endif
}
INLINE vf load_f16(const void *from) {
#if defined(__AVX512F__)
  return (vf)_mm512_cvtph_ps(_mm256_loadu_si256(from));
#elif defined(__AVX2__)
  return (vf)_mm256_cvtph_ps(_mm_loadu_si128(from));
#else
  return widen_f16(load_h(from));
#endif
}
INLINE vf load_i8(const void *from) {
#if defined(__AVX512F__)
  return (vf)_mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(from)));
#elif defined(__AVX2__)
  return (vf)_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(from)));
#else
  return widen_i8(load_b(from));
#endif
}

/** How elements that are computed with as float32 are stored. The numbers are those of `src/rules/matmul/narrow-operand.ts`. */
typedef enum { STORED_F32 = 0, STORED_BF16 = 1, STORED_F16 = 2, STORED_I8 = 3 } Storage;

INLINE size_t stored_bytes(int storage) { return storage == STORED_F32 ? 4 : storage == STORED_I8 ? 1 : 2; }

/** LANES elements. */
INLINE vf load_stored(const char *from, const int storage) {
  switch (storage) {
    case STORED_BF16: return load_bf16(from);
    case STORED_F16: return load_f16(from);
    case STORED_I8: return load_i8(from);
    default: return load((const float *)from);
  }
}

/** One element of those that are not float32. For the ends of rows: it is not worth its code wherever it is called. */
static __attribute__((noinline)) float narrow_item(const char *from, int storage) {
  if (storage == STORED_I8) return *(const int8_t *)from;
  uint16_t bits;
  memcpy(&bits, from, 2);
#if defined(__AVX2__)
  if (storage == STORED_F16) return _cvtsh_ss(bits);
#else
  if (storage == STORED_F16) return widen_f16((vh){bits})[0];
#endif
  const uint32_t word = (uint32_t)bits << 16;
  float x;
  memcpy(&x, &word, 4);
  return x;
}

/** One element. */
INLINE float stored_item(const char *from, const int storage) {
  return storage == STORED_F32 ? *(const float *)from : narrow_item(from, storage);
}

/** Instances of a function for every way of storing: `call` names `storage`, a constant in each of them. */
#define FOR_STORAGE(of, call) \
  switch (of) { \
    case STORED_BF16: { enum { storage = STORED_BF16 }; call; break; } \
    case STORED_F16: { enum { storage = STORED_F16 }; call; break; } \
    case STORED_I8: { enum { storage = STORED_I8 }; call; break; } \
    default: { enum { storage = STORED_F32 }; call; } \
  }

/** The nearest, of two that are as near the even one. NaN stays NaN. */
INLINE vh narrow_bf16(vf x) {
  const vu bits = (vu)x;
  const vu rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  return __builtin_convertvector((vu)choose_i((vi)(x != x), (vi)((bits >> 16) | 0x40), (vi)rounded), vh);
}

/** The nearest, of two that are as near the even one; infinite from 65520 on. NaN stays NaN. */
INLINE vh narrow_f16(vf x) {
  const vu sign = ((vu)x >> 16) & 0x8000, magnitude = (vu)x & 0x7fffffff;
  const vu normal = (magnitude - 0x38000000 + 0xfff + ((magnitude >> 13) & 1)) >> 13;
  // A multiple of 2⁻²⁴: beside 0.5, that is what float32 rounds to.
  const vu subnormal = (vu)((vf)magnitude + splat(0.5f)) - 0x3f000000;
  // Signed comparisons: a magnitude has no sign.
  vi result = choose_i((vi)magnitude < splat_i(0x38800000), (vi)subnormal, (vi)normal);
  result = choose_i((vi)magnitude >= splat_i(0x477ff000), splat_i(0x7c00), result);
  result = choose_i((vi)magnitude > splat_i(0x7f800000), splat_i(0x7e00), result);
  return __builtin_convertvector((vu)result | sign, vh);
}

#endif
