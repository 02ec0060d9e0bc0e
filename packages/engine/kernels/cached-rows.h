/** Where new tokens stand in a cache of keys or values. */
#ifndef ATTUNE_CACHED_ROWS_H
#define ATTUNE_CACHED_ROWS_H

#include "heads.h"

typedef struct {
  /** `i32[count, tokens]`. Outside of `[0, length)` is padding, which is cached nowhere. */
  Ref positions;
  /** `i32[count]`: the row of the cache that each entry belongs to. Where it is not there, they are the rows in order. */
  Ref rows;
  int32_t count, tokens;
  /** Rows of the cache, and their length. */
  int32_t of, length;
} CachedRows;

/** A new token of an entry, which belongs to a row of the cache. */
typedef struct {
  int32_t entry, index, row, position;
} CachedToken;

/** The row of an entry; −1, and a fault, where there is no such row. */
static inline int32_t cached_row(const Context *context, const CachedRows *places, int32_t entry) {
  if (!is_there(places->rows)) return entry;
  const int32_t row = ((const int32_t *)at(context, places->rows))[entry];
  if (row >= 0 && row < places->of) return row;
  report(context, STATUS_INDEX_OUT_OF_RANGE);
  return -1;
}

static inline int32_t cached_position(const Context *context, const CachedRows *places, int32_t entry, int32_t token) {
  return ((const int32_t *)at(context, places->positions))[(size_t)entry * (size_t)places->tokens + (size_t)token];
}

#endif
