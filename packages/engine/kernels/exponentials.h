/**
 * Sums of exponentials over a row, e^(x − max), as softmax and cross-entropy need them. The row is read once: block by block,
 * each relative to the largest element so far, and what came before a new largest one is scaled down to it.
 */
#ifndef ATTUNE_EXPONENTIALS_H
#define ATTUNE_EXPONENTIALS_H

#include "math.h"
#include "rows.h"

/** Elements of a block: it stays in the first-level cache between its maximum and its exponentials. */
enum { EXP_BLOCK = 512 };

#define MINUS_INFINITY (-__builtin_inff())

/** Σ e^(x − max), and max. NaN or infinity in the row makes the sum NaN; so does a row of −infinities alone, in quotients. */
typedef struct {
  float max, sum;
} ExpSum;

INLINE float exp_scalar(float x) { return exp_negative(splat(x))[0]; }

/** Largest of some elements, those that are NaN left out. */
INLINE float largest_of(const float *x, int32_t count) {
  vf largest[4];
  for (int i = 0; i < 4; i++) largest[i] = splat(MINUS_INFINITY);
  int32_t c = 0;
  for (; c + 4 * LANES <= count; c += 4 * LANES)
    for (int i = 0; i < 4; i++) largest[i] = max_v(load(x + c + i * LANES), largest[i]);
  for (; c + LANES <= count; c += LANES) largest[0] = max_v(load(x + c), largest[0]);
  if (c < count) largest[1] = max_v(first_or(load_part(x + c, count - c), count - c, MINUS_INFINITY), largest[1]);
  return max_lanes(max_v(max_v(largest[0], largest[1]), max_v(largest[2], largest[3])));
}

INLINE vf exponential(const float *x, float *e, int32_t c, int32_t n, vf base) {
  const vf y = first_or(exp_negative(load_part(x + c, n) - base), n, 0);
  if (e) store_part(e + c, y, n);
  return y;
}

/**
 * Sums the exponentials of a row. Where `e` is given, it writes them there, which may be where the row is: those of block b
 * relative to bases[b].
 */
INLINE ExpSum sum_exponentials(const float *x, int32_t width, float *e, float *bases) {
  float max = MINUS_INFINITY;
  vf total = splat(0);
  for (int32_t start = 0; start < width; start += EXP_BLOCK) {
    const int32_t count = min_i32(EXP_BLOCK, width - start);
    const float largest = largest_of(x + start, count);
    if (largest > max) {
      total *= exp_scalar(max - largest);
      max = largest;
    }
    // Of −infinities alone, exponentials are 0.
    const float base = max == MINUS_INFINITY ? 0 : max;
    const float *block = x + start;
    float *to = e ? e + start : NULL;
    vf sum = splat(0);
    int32_t c = 0;
    for (; c + LANES <= count; c += LANES) sum += exponential(block, to, c, LANES, splat(base));
    if (c < count) sum += exponential(block, to, c, count - c, splat(base));
    total += sum;
    if (e) bases[start / EXP_BLOCK] = base;
  }
  return (ExpSum){max, sum_lanes(total)};
}

/** Multiplies exponentials that sum_exponentials wrote by `scale`, relative to `max` all of them. */
INLINE void scale_exponentials(float *e, int32_t width, const float *bases, float max, float scale) {
  for (int32_t start = 0; start < width; start += EXP_BLOCK) {
    const int32_t count = min_i32(EXP_BLOCK, width - start);
    const float base = bases[start / EXP_BLOCK];
    const vf factor = splat(base == max ? scale : scale * exp_scalar(base - max));
    float *block = e + start;
    int32_t c = 0;
    for (; c + LANES <= count; c += LANES) store(block + c, load(block + c) * factor);
    if (c < count) store_part(block + c, load_part(block + c, count - c) * factor, count - c);
  }
}

#endif
