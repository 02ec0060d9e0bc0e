/** The transpose of a square of LANES × LANES words in registers. */
#ifndef ATTUNE_TURN_SQUARE_H
#define ATTUNE_TURN_SQUARE_H

#include "vector.h"

#if LANES == 16
#define EACH_LANE(F, s) \
  F(0, s), F(1, s), F(2, s), F(3, s), F(4, s), F(5, s), F(6, s), F(7, s), F(8, s), F(9, s), F(10, s), F(11, s), F(12, s), \
      F(13, s), F(14, s), F(15, s)
#elif LANES == 8
#define EACH_LANE(F, s) F(0, s), F(1, s), F(2, s), F(3, s), F(4, s), F(5, s), F(6, s), F(7, s)
#else
#define EACH_LANE(F, s) F(0, s), F(1, s), F(2, s), F(3, s)
#endif

// Of rows a and b, s rows apart in a square: squares of s × s on the other diagonal change places.
#define UPPER_LANE(l, s) (((l) & (s)) ? LANES + (l) - (s) : (l))
#define LOWER_LANE(l, s) (((l) & (s)) ? LANES + (l) : (l) + (s))
#define EXCHANGE_LANES(rows, s) \
  for (int i = 0; i < LANES; i++) { \
    if (i & (s)) continue; \
    const vf a = rows[i], b = rows[i + (s)]; \
    rows[i] = __builtin_shufflevector(a, b, EACH_LANE(UPPER_LANE, s)); \
    rows[i + (s)] = __builtin_shufflevector(a, b, EACH_LANE(LOWER_LANE, s)); \
  }

/** Transposes a square of LANES × LANES in log2(LANES) rounds of exchanges. */
INLINE void turn_square(vf rows[LANES]) {
  EXCHANGE_LANES(rows, 1)
  EXCHANGE_LANES(rows, 2)
#if LANES >= 8
  EXCHANGE_LANES(rows, 4)
#endif
#if LANES == 16
  EXCHANGE_LANES(rows, 8)
#endif
}

#endif
