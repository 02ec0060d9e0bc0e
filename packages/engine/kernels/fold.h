/** What a reduction does with two numbers. */
#ifndef ATTUNE_FOLD_H
#define ATTUNE_FOLD_H

#include "math.h"
#include "vector.h"

typedef enum { FOLD_SUM = 0, FOLD_MAX = 1 } Fold;

/** The fold of nothing. */
INLINE float fold_initial(Fold fold) { return fold == FOLD_SUM ? 0 : -__builtin_inff(); }

/** The larger number is NaN where one of them is. */
INLINE vf fold_v(Fold fold, vf a, vf b) {
  if (fold == FOLD_SUM) return a + b;
#if defined(__AVX512F__)
  return (vf)_mm512_mask_mov_ps((__m512)max_v(a, b), _mm512_cmp_ps_mask((__m512)a, (__m512)a, _CMP_UNORD_Q), (__m512)a);
#else
  return choose(a != a, a, max_v(a, b));
#endif
}
INLINE float fold_f(Fold fold, float a, float b) {
  if (fold == FOLD_SUM) return a + b;
  const float larger = a > b ? a : b;
  return a != a ? a : larger;
}

/** The fold of the lanes, in a fixed order. */
INLINE float fold_lanes(Fold fold, vf x) {
  const float sum = sum_lanes(x);
  if (fold == FOLD_SUM) return sum;
  if (sum == sum) return max_lanes(x);
  // Infinities of both signs, or NaN.
  float lanes[LANES];
  memcpy(lanes, &x, sizeof x);
  for (int i = 1; i < LANES; i++) lanes[0] = fold_f(fold, lanes[0], lanes[i]);
  return lanes[0];
}

#endif
