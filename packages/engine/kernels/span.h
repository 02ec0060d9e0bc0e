/** Stretches of numbers that lie one after the other in memory: copied, filled, added. Shared by kernels that move data. */
#ifndef ATTUNE_SPAN_H
#define ATTUNE_SPAN_H

#include "engine.h"
#include "vector.h"

/** Above this, memcpy and memset are worth the call: in WebAssembly they leave the code that the compiler sees. */
enum { LONG_SPAN = 2048 };

INLINE void copy_words(float *to, const float *from, int32_t count) {
  if (count >= LONG_SPAN) {
    memcpy(to, from, (size_t)count * 4);
    return;
  }
  int32_t i = 0;
  for (; i + LANES <= count; i += LANES) store(to + i, load(from + i));
  for (; i < count; i++) to[i] = from[i];
}

/** Fills with the same 32 bits, whatever they mean. */
INLINE void fill_words(int32_t *to, int32_t bits, int32_t count) {
  if (bits == 0 && count >= LONG_SPAN) {
    memset(to, 0, (size_t)count * 4);
    return;
  }
  const vi all = splat_i(bits);
  int32_t i = 0;
  for (; i + LANES <= count; i += LANES) store_i(to + i, all);
  for (; i < count; i++) to[i] = bits;
}

/** to += from */
INLINE void add_words(float *to, const float *from, int32_t count) {
  int32_t i = 0;
  for (; i + LANES <= count; i += LANES) store(to + i, load(to + i) + load(from + i));
  for (; i < count; i++) to[i] += from[i];
}

#endif
