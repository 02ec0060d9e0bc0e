/**
 * The reach of each kernel, from its arguments alone. Sums are in float64: an index that overflows is no small one. Operands whose
 * elements may be of several types count as bytes, so that what is noted is needed in any case.
 */
#include "reach.h"

#define REACH(name, Args) \
  static void name##_reach(const Args *args, Reach *found); \
  static void name##_reach_of(const void *args, Reach *found) { name##_reach((const Args *)args, found); } \
  static void name##_reach(const Args *args, Reach *found)

REACH(copy, CopyArgs) {
  reach(found, args->from, 4.0 * args->count);
  reach(found, args->to, 4.0 * args->count);
}

/** Elements from the first to the last of a box, `start` before it. */
static double box_elements(int32_t axes, const int32_t *lengths, const int32_t *strides, int32_t start) {
  double last = start;
  for (int32_t i = 0; i < axes; i++) {
    if (lengths[i] == 0) return 0;
    last += (double)(lengths[i] - 1) * strides[i];
  }
  return last + 1;
}

REACH(move, MoveArgs) {
  reach_optional(found, args->from, args->bytes * box_elements(MOVE_AXES, args->lengths, args->from_strides, args->from_start));
  reach(found, args->to, args->bytes * box_elements(MOVE_AXES, args->lengths, args->to_strides, args->to_start));
}

REACH(reduce_rows, ReduceRowsArgs) {
  reach(found, args->from, 4.0 * args->rows * args->columns);
  reach(found, args->to, 4.0 * args->rows);
}

REACH(reduce_columns, ReduceColumnsArgs) {
  reach(found, args->from, 4.0 * args->outer * args->rows * args->columns);
  reach(found, args->to, 4.0 * args->outer * args->columns);
}

REACH(gather, GatherArgs) {
  reach(found, args->table, 1.0 * args->rows * args->width);
  reach(found, args->indices, 4.0 * args->count);
  reach(found, args->to, 4.0 * args->count * args->width);
  reach_optional(found, args->rowScales, 4.0 * args->rows);
  reach_optional(found, args->columnScales, 4.0 * args->width);
}

REACH(scatter_add, ScatterAddArgs) {
  reach(found, args->indices, 4.0 * args->count);
  reach(found, args->updates, 4.0 * args->count * args->width);
  reach_optional(found, args->base, 4.0 * args->rows * args->width);
  reach(found, args->to, 4.0 * args->rows * args->width);
}

REACH(bernoulli, BernoulliArgs) {
  reach(found, args->seed, 4);
  reach(found, args->to, args->count);
}

/** Elements from the first to the last of the matrices of one operand of a product. */
static double matrices(const GemmArgs *args, double outer, double inner, double matrix) {
  if (matrix == 0 || args->outer <= 0 || args->inner <= 0) return 0;
  return (args->outer - 1) * outer + (args->inner - 1) * inner + matrix;
}

static double matrix(int32_t rows, int32_t columns, double row, double column) {
  return rows > 0 && columns > 0 ? (rows - 1) * row + (columns - 1) * column + 1 : 0;
}

REACH(gemm, GemmArgs) {
  const int32_t m = args->m, n = args->n, k = args->k;
  reach(found, args->a, matrices(args, args->outerA, args->innerA, matrix(m, k, args->rowA, args->columnA)));
  reach(found, args->b, matrices(args, args->outerB, args->innerB, matrix(k, n, args->rowB, args->columnB)));
  const double c = 4 * matrices(args, args->outerC, args->innerC, matrix(m, n, args->rowC, 1));
  reach(found, args->c, c);
  reach_optional(found, args->residual, c);
  reach_optional(found, args->before, c);
  reach_optional(found, args->bias, 4.0 * n);
  reach_optional(found, args->scales, 0);
}

REACH(norm, NormArgs) {
  const double bytes = 4.0 * args->rows * args->width;
  reach(found, args->x, bytes);
  reach(found, args->y, bytes);
  reach(found, args->weight, 4.0 * args->width);
  reach_optional(found, args->bias, 4.0 * args->width);
}

REACH(norm_grad, NormGradArgs) {
  const double bytes = 4.0 * args->rows * args->width;
  const Ref rows[] = {args->x, args->dy, args->dx}, columns[] = {args->dweight, args->dbias, args->sum};
  for (int i = 0; i < 3; i++) {
    reach(found, rows[i], bytes);
    reach_optional(found, columns[i], 4.0 * args->width);
  }
  reach(found, args->weight, 4.0 * args->width);
  reach_optional(found, args->residual, bytes);
}

REACH(softmax, SoftmaxArgs) {
  reach(found, args->x, 4.0 * args->rows * args->width);
  reach(found, args->y, 4.0 * args->rows * args->width);
}

REACH(cross_entropy, CrossEntropyArgs) {
  reach(found, args->logits, 4.0 * args->rows * args->width);
  reach(found, args->targets, 4.0 * args->rows);
  reach_optional(found, args->scales, 4.0 * args->rows);
  reach_optional(found, args->losses, 4.0 * args->rows);
  reach_optional(found, args->dlogits, 4.0 * args->rows * args->width);
}

/** Rows `[batches, heads, length, width]`, of elements of so many bytes, `step` elements apart. */
static void reach_heads(Reach *found, const HeadRows *rows, int32_t batches, int32_t heads, int32_t length, int32_t width,
                        int32_t step, int32_t bytes) {
  const int32_t lengths[] = {batches, heads, length, width}, strides[] = {rows->batch, rows->head, rows->row, step};
  reach(found, rows->ref, bytes * box_elements(4, lengths, strides, 0));
}

REACH(attention, AttentionArgs) {
  const int32_t own = args->heads / max_i32(args->shared, 1);
  const struct { const HeadRows *rows; int32_t heads; } all[] = {
      {&args->q, args->heads}, {&args->out, args->heads}, {&args->k, own}, {&args->v, own}};
  for (int i = 0; i < 4; i++) reach_heads(found, all[i].rows, args->batches, all[i].heads, args->length, args->width, 1, 4);
}

REACH(attention_grad, AttentionGradArgs) {
  const int32_t own = args->heads / max_i32(args->shared, 1), written = args->summed ? own : args->heads;
  const struct { const HeadRows *rows; int32_t heads; } all[] = {
      {&args->q, args->heads}, {&args->dq, args->heads}, {&args->d_out, args->heads}, {&args->k, own}, {&args->v, own},
      {&args->dk, written},    {&args->dv, written}};
  for (int i = 0; i < 7; i++) reach_heads(found, all[i].rows, args->batches, all[i].heads, args->length, args->width, 1, 4);
}

REACH(rope, RopeArgs) {
  const int32_t batches = args->batches, heads = args->heads, length = args->length;
  reach_heads(found, &args->x, batches, heads, length, 2 * args->half, 1, 4);
  reach_heads(found, &args->out, batches, heads, length, 2 * args->half, 1, 4);
  reach_heads(found, &args->cos, batches, heads, length, args->half, args->cos_step, 4);
  reach_heads(found, &args->sin, batches, heads, length, args->half, args->sin_step, 4);
}

static void reach_places(Reach *found, const CachedRows *places) {
  reach(found, places->positions, 4.0 * places->count * places->tokens);
  reach_optional(found, places->rows, 4.0 * places->count);
}

REACH(cached_attention, CachedAttentionArgs) {
  const CachedRows *places = &args->places;
  const int32_t own = args->heads / max_i32(args->shared, 1);
  reach_heads(found, &args->q, places->count, args->heads, places->tokens, args->width, 1, 4);
  reach_heads(found, &args->out, places->count, args->heads, places->tokens, args->width, 1, 4);
  reach_heads(found, &args->k, places->of, own, places->length, args->width, 1, 1);
  reach_heads(found, &args->v, places->of, own, places->length, args->width, 1, 1);
  reach_places(found, places);
}

REACH(cache_write, CacheWriteArgs) {
  const CachedRows *places = &args->places;
  const double cache = 1.0 * places->of * args->heads * places->length * args->width;
  reach(found, args->from, cache);
  reach(found, args->to, cache);
  reach_heads(found, &args->columns, places->count, args->heads, places->tokens, args->width, 1, 1);
  reach_places(found, places);
}

REACH(convert, ConvertArgs) {
  reach(found, args->from, args->count);
  reach(found, args->to, args->count);
}

/** The operands of a chain of so many words at most; its ops are checked, too, for they name registers. */
static void reach_chain(Reach *found, const Chain *chain, const int32_t *code, int64_t words) {
  const double count = chain->count;
  found->corrupt |= chain->words < 0 || chain->words > words || chain->prologue < 0 || chain->prologue > chain->words ||
                    chain->result < 0 || chain->result >= CHAIN_REGISTERS;
  for (int32_t i = 0; i < chain->words && !found->corrupt;) {
    const int32_t op = code[i], left = chain->words - i;
    const int32_t is_load = op >= 0 && op <= chain_strided_bool && op != chain_immediate;
    const int32_t length = is_load ? 4 : op == chain_immediate ? 3 : 2;
    found->corrupt |= op < 0 || op >= CHAIN_OPS || left < length;
    for (int k = 0; k < 4 && left >= 2; k++) found->corrupt |= ((uint32_t)code[i + 1] >> (8 * k) & 255) >= CHAIN_REGISTERS;
    if (found->corrupt) return;
    i += length;
    if (!is_load) continue;
    const Ref ref = {code[i - 2], (uint32_t)code[i - 1]};
    const int is_bool = op == chain_scalar_bool || op == chain_full_bool || op == chain_strided_bool;
    double elements = count == 0 ? 0 : op == chain_scalar || op == chain_scalar_bool ? 1 : count;
    if (op == chain_strided || op == chain_strided_bool) {
      const int32_t axes = left > length ? code[i] : -1;
      found->corrupt |= axes < 0 || axes > CHAIN_AXES || left < length + 1 + 2 * axes;
      if (found->corrupt) return;
      double last = 0;
      for (int32_t axis = 0; axis < axes; axis++) last += (double)(code[i + 1 + 2 * axis] - 1) * code[i + 2 + 2 * axis];
      elements = count == 0 ? 0 : last + 1;
      i += 1 + 2 * axes;
    }
    reach(found, ref, elements * (is_bool ? 1 : 4));
  }
}

/** Words of code behind the arguments. */
#define CODE_WORDS(Args) (words_of(args) - (int64_t)(sizeof(Args) / 4))

REACH(chain, ChainArgs) {
  reach_chain(found, &args->chain, args->code, CODE_WORDS(ChainArgs));
  reach(found, args->to, (args->is_bool ? 1.0 : 4.0) * args->chain.count);
}

REACH(chain_sum, ChainSumArgs) {
  reach_chain(found, &args->chain, args->code, CODE_WORDS(ChainSumArgs));
  reach(found, args->to, 4);
}

REACH(adam_w, AdamWArgs) {
  reach_chain(found, &args->chain, args->code, CODE_WORDS(AdamWArgs));
  const Ref full[] = {args->param, args->exp_avg, args->exp_avg_sq};
  const Ref written[] = {args->new_param, args->new_exp_avg, args->new_exp_avg_sq};
  const Ref scalars[] = {args->learning_rate, args->bias_correction1, args->bias_correction2};
  for (int i = 0; i < 3; i++) {
    reach(found, full[i], 4.0 * args->chain.count);
    reach(found, written[i], 4.0 * args->chain.count);
    reach(found, scalars[i], args->chain.count == 0 ? 0 : 4);
  }
}
#undef REACH

/** By the type of a kernel's arguments: NULL for one that is not here, which is trusted. A spec names it. */
#define REACH_OF(Args) \
  _Generic((const Args *)0, \
    const CopyArgs *: copy_reach_of, \
    const MoveArgs *: move_reach_of, \
    const ReduceRowsArgs *: reduce_rows_reach_of, \
    const ReduceColumnsArgs *: reduce_columns_reach_of, \
    const GatherArgs *: gather_reach_of, \
    const ScatterAddArgs *: scatter_add_reach_of, \
    const BernoulliArgs *: bernoulli_reach_of, \
    const GemmArgs *: gemm_reach_of, \
    const NormArgs *: norm_reach_of, \
    const NormGradArgs *: norm_grad_reach_of, \
    const SoftmaxArgs *: softmax_reach_of, \
    const CrossEntropyArgs *: cross_entropy_reach_of, \
    const AttentionArgs *: attention_reach_of, \
    const AttentionGradArgs *: attention_grad_reach_of, \
    const RopeArgs *: rope_reach_of, \
    const CachedAttentionArgs *: cached_attention_reach_of, \
    const CacheWriteArgs *: cache_write_reach_of, \
    const ConvertArgs *: convert_reach_of, \
    const ChainArgs *: chain_reach_of, \
    const ChainSumArgs *: chain_sum_reach_of, \
    const AdamWArgs *: adam_w_reach_of, \
    default: NULL)
