/**
 * For kernels that work row by row. A row is taken LANES elements at a time; the last of them may be fewer: `n`, which is the
 * constant LANES for all the others, so that the compiler drops what only the last ones need.
 */
#ifndef ATTUNE_ROWS_H
#define ATTUNE_ROWS_H

#include "vector.h"

/** 0, 1, 2, … */
INLINE vi lane_numbers(void) {
#if LANES == 16
  return (vi){0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
#elif LANES == 8
  return (vi){0, 1, 2, 3, 4, 5, 6, 7};
#else
  return (vi){0, 1, 2, 3};
#endif
}

/** The first n lanes of x; `other` in those behind. */
INLINE vf first_or(vf x, int32_t n, float other) {
  if (__builtin_constant_p(n) && n == LANES) return x;
  return choose(lane_numbers() < splat_i(n), x, splat(other));
}

/** Rows of a task: as many as have about `elements` elements, at least one, a multiple of `step` unless that is all. */
static inline int32_t rows_per_task(int32_t rows, int32_t width, int32_t elements, int32_t step) {
  const int32_t wanted = max_i32(1, elements / max_i32(1, width));
  return min_i32(max_i32(1, rows), ceil_div(wanted, step) * step);
}

#endif
