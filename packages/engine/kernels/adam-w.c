/**
 * One AdamW update of a tensor in one pass over parameter, moments and gradient, the last of which is the result of a chain:
 *
 *     m = β₁ m + (1 − β₁) g,  v = β₂ v + (1 − β₂) g²,  p = p (1 − lr · decay) − lr / bc₁ · m / (√v / √bc₂ + ε)
 *
 * Source: Loshchilov and Hutter, "Decoupled Weight Decay Regularization" (2019).
 */
#include "chain.h"

typedef struct {
  Chain chain;
  Ref param, exp_avg, exp_avg_sq;
  /** Each may be where any of the operands is that has as many elements. */
  Ref new_param, new_exp_avg, new_exp_avg_sq;
  /** Scalars in memory. bias_correction 1 and 2 are 1 − β₁ᵗ and 1 − β₂ᵗ. */
  Ref learning_rate, bias_correction1, bias_correction2;
  /** 1 − β₁ and 1 − β₂, rounded from float64. */
  float beta1, rest1, beta2, rest2;
  float epsilon, weight_decay;
  int32_t code[];
} AdamWArgs;

static int32_t adam_w_tasks(const AdamWArgs *args, int32_t phase) {
  (void)phase;
  return chain_task_count(&args->chain);
}

NO_WORKSPACE(adam_w, AdamWArgs)

INLINE float adam_w_scalar(const Context *context, Ref ref) { return *(const float *)at(context, ref); }

static void adam_w_run(const Context *context, const AdamWArgs *args, int32_t phase, int32_t task) {
  (void)phase;
  const int32_t begin = task * CHAIN_TASK;
  const int32_t all = min_i32(CHAIN_TASK, args->chain.count - begin);
  const float *param = at(context, args->param), *exp_avg = at(context, args->exp_avg);
  const float *exp_avg_sq = at(context, args->exp_avg_sq);
  float *new_param = at(context, args->new_param), *new_exp_avg = at(context, args->new_exp_avg);
  float *new_exp_avg_sq = at(context, args->new_exp_avg_sq);
  const float learning_rate = adam_w_scalar(context, args->learning_rate);
  const vf rate = splat(learning_rate / adam_w_scalar(context, args->bias_correction1));
  const vf scale = rsqrt_v(splat(adam_w_scalar(context, args->bias_correction2)));
  const vf kept = splat(1.0f - learning_rate * args->weight_decay), epsilon = splat(args->epsilon);
  const vf beta1 = splat(args->beta1), rest1 = splat(args->rest1);
  const vf beta2 = splat(args->beta2), rest2 = splat(args->rest2);
  ChainState state;
  chain_begin(&state, context, &args->chain, args->code, all);
  for (int32_t done = 0; done < all; done += CHAIN_BLOCK) {
    const int32_t count = min_i32(CHAIN_BLOCK, all - done);
    const int32_t first = begin + done;
    const float *grad = (const float *)chain_block(&state, first, count, NULL);
    for (int32_t i = 0; i < count; i += LANES) {
      const int32_t n = min_i32(LANES, count - i), k = first + i;
      const int is_whole = n == LANES;
      // A block that ends in the middle of a vector has its gradient in a register, whose last vector is whole.
      const vf g = load(grad + i);
      const vf m = fma_v(is_whole ? load(exp_avg + k) : load_part(exp_avg + k, n), beta1, g * rest1);
      const vf v = fma_v(is_whole ? load(exp_avg_sq + k) : load_part(exp_avg_sq + k, n), beta2, g * g * rest2);
      const vf step = rate * (m / fma_v(sqrt_v(v), scale, epsilon));
      const vf p = (is_whole ? load(param + k) : load_part(param + k, n)) * kept - step;
      if (is_whole) {
        store(new_exp_avg + k, m);
        store(new_exp_avg_sq + k, v);
        store(new_param + k, p);
      } else {
        store_part(new_exp_avg + k, m, n);
        store_part(new_exp_avg_sq + k, v, n);
        store_part(new_param + k, p, n);
      }
    }
  }
}
