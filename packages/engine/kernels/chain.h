/**
 * A chain: elementwise ops that are computed together, block by block, so that what lies between them stays in the first
 * cache. Its code is a list of ops on registers, which hold a block of elements each.
 *
 *     op         number, result | a << 8 | b << 16 | c << 24 (registers), then for
 *     immediate  the bits
 *     scalar     Ref
 *     full       Ref: as many elements as the result
 *     strided    Ref, number of axes, then length and stride of each
 *
 * Registers that are the same for every block are made once, by the ops of the prologue.
 */
#ifndef ATTUNE_CHAIN_H
#define ATTUNE_CHAIN_H

#include "chain-load.h"
#include "engine.h"
#include "math.h"

enum { CHAIN_BLOCK = 1024, CHAIN_TASK = 32 * CHAIN_BLOCK, CHAIN_REGISTERS = 16 };

enum {
#define FIRST(name) chain_##name,
#define UNARY(name, operand, type, expression) chain_##name,
#define BINARY(name, operands, type, expression) chain_##name,
#define TERNARY(name, first, others, type, expression) chain_##name,
#include "chain-ops.def"
  CHAIN_OPS
#undef FIRST
#undef UNARY
#undef BINARY
#undef TERNARY
};

/** The code of a chain, at the end of a kernel's arguments, is described at their beginning. */
typedef struct {
  /** Elements of the result. */
  int32_t count;
  /** Words of the prologue, and of all the code, prologue included. */
  int32_t prologue, words;
  /** Register of the result, which the last op writes. */
  int32_t result;
} Chain;

/** A chain in the middle of a task. */
typedef struct {
  const Context *context;
  const Chain *chain;
  const int32_t *code;
  /** Blocks of memory of the registers. */
  int32_t *own;
  /** Where the values of the registers are: in their own memory, or in an operand's. */
  const int32_t *at[CHAIN_REGISTERS];
} ChainState;

INLINE int32_t chain_task_count(const Chain *chain) { return ceil_div(chain->count, CHAIN_TASK); }

INLINE int32_t padded_to_lanes(int32_t count) { return (count + LANES - 1) & ~(LANES - 1); }

/** Toward zero; beyond 32 bits, modulo 2³², as a store into an Int32Array. NaN and Inf yield 0. */
INLINE vi truncate_v(vf x) {
  vi y;
  for (int k = 0; k < LANES; k++) {
    const float magnitude = x[k] < 0 ? -x[k] : x[k];
    const int32_t bits = ((vi)x)[k];
    const int32_t shift = ((bits >> 23) & 255) - 150;
    const uint32_t mantissa = ((uint32_t)bits & 0x7fffff) | 0x800000;
    const uint32_t large = shift >= 0 && shift < 32 ? mantissa << shift : 0;
    y[k] = magnitude < 2147483648.0f ? (int32_t)x[k] : (int32_t)(bits < 0 ? 0u - large : large);
  }
  return y;
}

INLINE vf chain_get_f(const int32_t *from) { return load((const float *)from); }
INLINE vi chain_get_i(const int32_t *from) { return load_i(from); }
INLINE void chain_put_f(int32_t *to, vf x) { store((float *)to, x); }
INLINE void chain_put_i(int32_t *to, vi x) { store_i(to, x); }

/** Computes an op for whole vectors of elements. The result may lie where an operand does. */
static void chain_compute(int32_t op, int32_t *to, const int32_t *pa, const int32_t *pb, const int32_t *pc, int32_t count) {
#define UNARY(name, operand, type, expression) \
  case chain_##name: \
    for (int32_t i = 0; i < count; i += LANES) { \
      const __auto_type a = chain_get_##operand(pa + i); \
      chain_put_##type(to + i, expression); \
    } \
    break;
#define BINARY(name, operands, type, expression) \
  case chain_##name: \
    for (int32_t i = 0; i < count; i += LANES) { \
      const __auto_type a = chain_get_##operands(pa + i); \
      const __auto_type b = chain_get_##operands(pb + i); \
      chain_put_##type(to + i, expression); \
    } \
    break;
#define TERNARY(name, first, others, type, expression) \
  case chain_##name: \
    for (int32_t i = 0; i < count; i += LANES) { \
      const __auto_type a = chain_get_##first(pa + i); \
      const __auto_type b = chain_get_##others(pb + i); \
      const __auto_type c = chain_get_##others(pc + i); \
      chain_put_##type(to + i, expression); \
    } \
    break;
#define FIRST(name)
  switch (op) {
#include "chain-ops.def"
    default: break;
  }
#undef FIRST
#undef UNARY
#undef BINARY
#undef TERNARY
}

/**
 * Runs ops of the code for the elements from `first` on, and returns where the result is. Whole vectors of it may be read.
 *
 * @param to where the last op may write its result, or NULL: then it is in a register.
 */
static const int32_t *chain_ops(ChainState *state, int32_t begin, int32_t end, int32_t first, int32_t count, int32_t *to) {
  const int32_t padded = padded_to_lanes(count);
  for (int32_t i = begin; i < end;) {
    const int32_t *op = state->code + i;
    const uint32_t registers = (uint32_t)op[1];
    const int32_t result = registers & 255;
    int32_t *own = state->own + result * CHAIN_BLOCK;
    const int32_t *value = own;
    if (op[0] > chain_strided_bool) {
      const int32_t *a = state->at[(registers >> 8) & 255];
      const int32_t *b = state->at[(registers >> 16) & 255];
      const int32_t *c = state->at[registers >> 24];
      i += 2;
      if (i == end && to != NULL) value = own = to;
      chain_compute(op[0], own, a, b, c, padded);
    } else if (op[0] == chain_immediate) {
      fill_words(own, op[2], padded);
      i += 3;
    } else {
      const void *from = at(state->context, (Ref){op[2], (uint32_t)op[3]});
      i += 4;
      switch (op[0]) {
        case chain_scalar: fill_words(own, *(const int32_t *)from, padded); break;
        case chain_scalar_bool: fill_words(own, lane_of_bool(*(const uint8_t *)from), padded); break;
        case chain_full:
          // Vectors that would reach beyond the end are read from a copy.
          if (padded == count) value = (const int32_t *)from + first;
          else copy_words((float *)own, (const float *)from + first, count);
          break;
        case chain_full_bool: lanes_of_bools(own, (const uint8_t *)from + first, count); break;
        default:
          load_strided(own, from, op + 5, op[4], first, count, op[0] == chain_strided_bool);
          i += 1 + 2 * op[4];
      }
    }
    state->at[result] = value;
  }
  return state->at[state->chain->result];
}

/** Prepares a task: elements from a multiple of CHAIN_BLOCK on. */
static void chain_begin(ChainState *state, const Context *context, const Chain *chain, const int32_t *code, int32_t count) {
  state->context = context;
  state->chain = chain;
  state->code = code;
  state->own = (int32_t *)context->scratch;
  for (int k = 0; k < CHAIN_REGISTERS; k++) state->at[k] = state->own;
  chain_ops(state, 0, chain->prologue, 0, min_i32(count, CHAIN_BLOCK), NULL);
}

/** The chain's result for the elements from `first` on: see chain_ops. */
INLINE const int32_t *chain_block(ChainState *state, int32_t first, int32_t count, int32_t *to) {
  return chain_ops(state, state->chain->prologue, state->chain->words, first, count, to);
}

#endif
