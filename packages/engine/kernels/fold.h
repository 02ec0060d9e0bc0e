/** What a reduction does with two numbers. */
#ifndef ATTUNE_FOLD_H
#define ATTUNE_FOLD_H

#include "vector.h"

typedef enum { FOLD_SUM = 0, FOLD_MAX = 1 } Fold;

/** The fold of nothing. */
INLINE float fold_initial(Fold fold) { return fold == FOLD_SUM ? 0 : -__builtin_inff(); }

/** The larger number is NaN where one of them is: a comparison with NaN is false, so NaN stays, and enters by itself. */
INLINE vf fold_v(Fold fold, vf a, vf b) { return fold == FOLD_SUM ? a + b : choose((b > a) | (b != b), b, a); }
INLINE float fold_f(Fold fold, float a, float b) { return fold == FOLD_SUM ? a + b : b > a || b != b ? b : a; }

/** The fold of the lanes, in a fixed order. */
INLINE float fold_lanes(Fold fold, vf x) {
  float lanes[LANES];
  memcpy(lanes, &x, sizeof x);
  for (int width = LANES / 2; width > 0; width /= 2)
    for (int i = 0; i < width; i++) lanes[i] = fold_f(fold, lanes[i], lanes[i + width]);
  return lanes[0];
}

#endif
