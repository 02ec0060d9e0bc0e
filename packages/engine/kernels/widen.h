/** Stretches of stored elements, to float32. */
#ifndef ATTUNE_WIDEN_H
#define ATTUNE_WIDEN_H

#include "span.h"
#include "narrow.h"

INLINE void widen_words_as(float *to, const char *from, int32_t count, const int storage) {
  const size_t bytes = stored_bytes(storage);
  int32_t i = 0;
  for (; i + LANES <= count; i += LANES) store(to + i, load_stored(from + i * bytes, storage));
  for (; i < count; i++) to[i] = stored_item(from + i * bytes, storage);
}

static void widen_words(float *to, const char *from, int32_t count, int storage) {
  if (storage == STORED_F32) copy_words(to, (const float *)from, count);
  else FOR_STORAGE(storage, widen_words_as(to, from, count, storage))
}

/** x *= factor */
INLINE void scale_words(float *x, vf factor, int32_t count) {
  int32_t i = 0;
  for (; i + LANES <= count; i += LANES) store(x + i, load(x + i) * factor);
  if (i < count) store_part(x + i, load_part(x + i, count - i) * factor, count - i);
}

/** x *= factors */
INLINE void scale_each_word(float *x, const float *factors, int32_t count) {
  int32_t i = 0;
  for (; i + LANES <= count; i += LANES) store(x + i, load(x + i) * load(factors + i));
  for (; i < count; i++) x[i] *= factors[i];
}

#endif
