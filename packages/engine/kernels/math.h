/**
 * Elementary functions of vectors. The error bounds were measured against float64, on AVX2 and AVX-512, over every 509th bit
 * pattern of a float32 (every 40,009th for the slopes of silu and gelu) and on dense grids where the functions bend; without
 * fused multiply-add, on grids for exp and log, on 4,000 points for the others. An ulp is the distance between neighbouring
 * float32 at the true result. NaN yields NaN; infinities and denormals are right unless it says otherwise. Polynomials are facts of
 * their sources, or fitted to the least largest error (Lawson's algorithm) where it says "fitted".
 */
#ifndef ATTUNE_MATH_H
#define ATTUNE_MATH_H

#include "vector.h"

#if defined(__AVX512F__) || defined(__AVX2__)
#include <immintrin.h>
#endif

/** The larger of a and b; b where one of them is NaN, so that `max_v(bound, x)` keeps the NaN of x. */
INLINE vf max_v(vf a, vf b) {
#if defined(__AVX512F__)
  return (vf)_mm512_max_ps((__m512)a, (__m512)b);
#elif defined(__AVX2__)
  return (vf)_mm256_max_ps((__m256)a, (__m256)b);
#elif defined(__wasm_simd128__)
  return (vf)__builtin_wasm_pmax_f32x4(b, a);
#else
  return choose(a > b, a, b);
#endif
}

/** The smaller of a and b; b where one of them is NaN. */
INLINE vf min_v(vf a, vf b) {
#if defined(__AVX512F__)
  return (vf)_mm512_min_ps((__m512)a, (__m512)b);
#elif defined(__AVX2__)
  return (vf)_mm256_min_ps((__m256)a, (__m256)b);
#elif defined(__wasm_simd128__)
  return (vf)__builtin_wasm_pmin_f32x4(b, a);
#else
  return choose(a < b, a, b);
#endif
}

/** √x, rounded correctly. */
INLINE vf sqrt_v(vf x) {
#if defined(__AVX512F__)
  return (vf)_mm512_sqrt_ps((__m512)x);
#elif defined(__AVX2__)
  return (vf)_mm256_sqrt_ps((__m256)x);
#elif defined(__clang__)
  return __builtin_elementwise_sqrt(x);
#else
  vf y;
  for (int i = 0; i < LANES; i++) y[i] = __builtin_sqrtf(x[i]);
  return y;
#endif
}

/** 1 / √x, to 1.5 ulp: two roundings. */
INLINE vf rsqrt_v(vf x) { return 1.0f / sqrt_v(x); }

INLINE vf abs_v(vf x) { return (vf)((vi)x & 0x7fffffff); }

/** The magnitude of x, with the sign of `sign`. */
INLINE vf with_sign(vf x, vf sign) {
  return (vf)(((vi)x & 0x7fffffff) | ((vi)sign & (int32_t)0x80000000));
}

// Adding it to |x| < 2²² rounds x to a whole number, which then stands in the lowest bits of the sum.
#define ROUNDING 12582912.0f /* 1.5 · 2²³ */
#define LOG2_E 1.44269504088896341f
// ln 2 in two parts, the first of few bits, so that its product with a small whole number is exact (Cephes, expf.c).
#define LN2_HIGH 0.693359375f
#define LN2_LOW -2.12194440e-4f

/** x = n · ln 2 + r with |r| ≤ ½ ln 2, for |x| < 200. */
typedef struct {
  vi n;
  vf r;
} Reduced;

INLINE Reduced reduce_exp(vf x) {
  const vf shifted = fma_v(x, splat(LOG2_E), splat(ROUNDING));
  const vf n = shifted - ROUNDING;
  const vf r = fma_v(n, splat(-LN2_HIGH), x);
  return (Reduced){(vi)shifted - (vi)splat(ROUNDING), fma_v(n, splat(-LN2_LOW), r)};
}

/** eʳ − 1 for |r| ≤ ½ ln 2, to 3.1e-9 of eʳ before rounding. Fitted. */
INLINE vf expm1_reduced(vf r) {
  vf p = splat(0.0013814466849794305f);
  p = fma_v(p, r, splat(0.008368780548086124f));
  p = fma_v(p, r, splat(0.04166839422434748f));
  p = fma_v(p, r, splat(0.16666520106644567f));
  p = fma_v(p, r, splat(0.49999993412415306f));
  return fma_v(p, r * r, r);
}

/** 2ⁿ for −127 < n < 128. */
INLINE vf power_of_two(vi n) { return (vf)((n + 127) << 23); }

/** eˣ, to 1 ulp; 2 ulp among denormals, 0 below them and Inf above 88.72. */
INLINE vf exp_v(vf x) {
  const Reduced reduced = reduce_exp(min_v(splat(89.0f), max_v(splat(-104.0f), x)));
  // In two steps, since 2ⁿ itself may be too small or too large for a float32.
  const vi half = reduced.n >> 1;
  const vf y = 1.0f + expm1_reduced(reduced.r);
  return y * power_of_two(half) * power_of_two(reduced.n - half);
}

/** eˣ for x ≤ 0, as in a softmax: to 1 ulp down to −87, and 0 below it, where the result would be denormal. */
INLINE vf exp_negative(vf x) {
  const Reduced reduced = reduce_exp(max_v(splat(-87.0f), x));
  const vf y = (1.0f + expm1_reduced(reduced.r)) * power_of_two(reduced.n);
  return (vf)((vi)y & ~(vi)(x < -87.0f));
}

/** The natural logarithm, to 1 ulp; −Inf at 0 and NaN below it. Source: Cephes, logf.c. */
INLINE vf log_v(vf x) {
  // x = m · 2ⁿ with √½ ≤ m < √2. Denormals are scaled up first.
  const vi tiny = x < 1.17549435e-38f;
  const vi bits = (vi)choose(tiny, x * 8388608.0f, x) - 0x3f3504f3;
  const vf n = __builtin_convertvector((bits >> 23) + (tiny & -23), vf);
  const vf f = (vf)((bits & 0x7fffff) + 0x3f3504f3) - 1.0f;
  const vf z = f * f;
  vf p = splat(7.0376836292e-2f);
  p = fma_v(p, f, splat(-1.1514610310e-1f));
  p = fma_v(p, f, splat(1.1676998740e-1f));
  p = fma_v(p, f, splat(-1.2420140846e-1f));
  p = fma_v(p, f, splat(1.4249322787e-1f));
  p = fma_v(p, f, splat(-1.6668057665e-1f));
  p = fma_v(p, f, splat(2.0000714765e-1f));
  p = fma_v(p, f, splat(-2.4999993993e-1f));
  p = fma_v(p, f, splat(3.3333331174e-1f));
  vf y = fma_v(n, splat(LN2_LOW), f * z * p);
  y = fma_v(z, splat(-0.5f), y) + f;
  y = fma_v(n, splat(LN2_HIGH), y);
  // Inf and NaN stay what they are; 0 is −Inf, and what is below it NaN.
  y = choose(x < __builtin_inff(), y, x);
  y = choose(x == 0.0f, splat(-__builtin_inff()), y);
  return choose(x < 0.0f, splat(__builtin_nanf("")), y);
}

/** tanh x = (e²ˣ − 1) / (e²ˣ + 1), to 3 ulp, without cancellation near 0. */
INLINE vf tanh_v(vf x) {
  // Beyond 10 it is 1.
  const Reduced reduced = reduce_exp(2.0f * min_v(splat(10.0f), abs_v(x)));
  const vf scale = power_of_two(reduced.n);
  const vf e = fma_v(expm1_reduced(reduced.r), scale, scale - 1.0f);
  return with_sign(e / (e + 2.0f), x);
}

/** σ(x) = 1 / (1 + e⁻ˣ) and σ(x)(1 − σ(x)), which is its derivative. Neither cancels on either side of 0. */
typedef struct {
  vf value, slope;
} Sigmoid;

INLINE Sigmoid sigmoid_and_slope(vf x) {
  const vf e = exp_negative((vf)((vi)x | (int32_t)0x80000000));
  const vf r = 1.0f / (1.0f + e);
  const vf small = e * r;
  return (Sigmoid){choose(x < 0.0f, small, r), small * r};
}

/** σ(x) = 1 / (1 + e⁻ˣ), to 3 ulp above −87; 0 below it. */
INLINE vf sigmoid_v(vf x) {
  const vf e = exp_negative((vf)((vi)x | (int32_t)0x80000000));
  return choose(x < 0.0f, e, splat(1.0f)) / (1.0f + e);
}

/** x · σ(x), to 4 ulp above −87; −0 below it. */
INLINE vf silu_v(vf x) { return x * sigmoid_v(x); }

/** d/dx silu, to an absolute error of 2e-7: σ(x) + x · σ(x)(1 − σ(x)). */
INLINE vf silu_slope(vf x) {
  const Sigmoid s = sigmoid_and_slope(x);
  return fma_v(x, s.slope, s.value);
}

/**
 * The error function, to 6 ulp and an absolute error of 3.3e-7: x · P(x²) / Q(x²). Source: the rational function of Eigen and XLA (`ErfImpl32`), whose
 * own error is 3.9e-8 of the result.
 */
INLINE vf erf_v(vf x) {
  // Beyond it, erf rounds to ±1.
  const vf bounded = min_v(splat(3.832506856900711f), max_v(splat(-3.832506856900711f), x));
  const vf z = bounded * bounded;
  vf p = splat(0.00022905065861350646f);
  p = fma_v(p, z, splat(0.0034082910107109506f));
  p = fma_v(p, z, splat(0.050955695062380861f));
  p = fma_v(p, z, splat(0.18520832239976145f));
  p = fma_v(p, z, splat(1.128379143519084f));
  vf q = splat(-1.1791602954361697e-7f);
  q = fma_v(q, z, splat(0.000023547966471313185f));
  q = fma_v(q, z, splat(0.0010179625278914885f));
  q = fma_v(q, z, splat(0.014070470171167667f));
  q = fma_v(q, z, splat(0.11098505178285362f));
  q = fma_v(q, z, splat(0.49746925110067538f));
  q = fma_v(q, z, splat(1.0f));
  const vf y = bounded * p / q;
  return min_v(splat(1.0f), max_v(splat(-1.0f), y));
}

#define SQRT_HALF 0.70710678118654752f

/** ½x(1 + erf(x/√2)), to an absolute error of 2e-7 · max(1, |x|). */
INLINE vf gelu_erf_v(vf x) {
  const vf half = 0.5f * x;
  return fma_v(half, erf_v(x * SQRT_HALF), half);
}

/** d/dx of it, to an absolute error of 3e-7: Φ(x) + x · φ(x). NaN at ±Inf, as its formula is. */
INLINE vf gelu_erf_slope(vf x) {
  const vf cumulative = fma_v(splat(0.5f), erf_v(x * SQRT_HALF), splat(0.5f));
  const vf density = 0.39894228040143268f * exp_negative(-0.5f * x * x);
  return fma_v(x, density, cumulative);
}

#define GELU_SCALE 0.79788456080286536f /* √(2/π) */
#define GELU_CUBIC 0.044715f

/** ½x(1 + tanh u) with u = √(2/π)(x + 0.044715x³), which is x · σ(2u): to an absolute error of 2e-7 · max(1, |x|). */
INLINE vf gelu_tanh_v(vf x) {
  const vf u2 = 2.0f * GELU_SCALE * x * fma_v(splat(GELU_CUBIC), x * x, splat(1.0f));
  return x / (1.0f + exp_v(-u2));
}

/** d/dx of it, to an absolute error of 2e-7: σ(2u) + x · σ(2u)(1 − σ(2u)) · 2u′. NaN at ±Inf, as its formula is. */
INLINE vf gelu_tanh_slope(vf x) {
  // Beyond 10 it is 0 or 1; the powers of x would overflow.
  const vf bounded = min_v(splat(10.0f), max_v(splat(-10.0f), x));
  const vf square = bounded * bounded;
  const vf u2 = 2.0f * GELU_SCALE * bounded * fma_v(splat(GELU_CUBIC), square, splat(1.0f));
  const vf slope2 = fma_v(splat(6.0f * GELU_SCALE * GELU_CUBIC), square, splat(2.0f * GELU_SCALE));
  const Sigmoid s = sigmoid_and_slope(u2);
  return fma_v(bounded * slope2, s.slope, fma_v(x, splat(0.0f), s.value));
}

#endif
