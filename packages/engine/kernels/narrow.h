/** Elements of storage types, bfloat16, float16 and 8-bit whole numbers, as vectors of float32, and back. */
#ifndef ATTUNE_NARROW_H
#define ATTUNE_NARROW_H

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
