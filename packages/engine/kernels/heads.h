/** Tensors of attention: heads of rows, wherever they lie. */
#ifndef ATTUNE_HEADS_H
#define ATTUNE_HEADS_H

#include "engine.h"

/** A tensor `[batches, heads, length, width]`: its rows are contiguous, and everything else is by strides, in elements. */
typedef struct {
  Ref ref;
  int32_t batch, head, row;
} HeadRows;

/** The first row of a head. */
static inline float *head_at(const Context *context, const HeadRows *rows, int32_t batch, int32_t head) {
  return (float *)at(context, rows->ref) + (int64_t)batch * rows->batch + (int64_t)head * rows->head;
}

/** A row of a head. */
static inline float *head_row(const Context *context, const HeadRows *rows, int32_t batch, int32_t head, int32_t row) {
  return head_at(context, rows, batch, head) + (int64_t)row * rows->row;
}

#endif
