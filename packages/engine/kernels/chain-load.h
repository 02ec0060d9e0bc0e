/** How a chain fetches a block of elements: as they lie, one repeated, or by strides. */
#ifndef ATTUNE_CHAIN_LOAD_H
#define ATTUNE_CHAIN_LOAD_H

#include "span.h"

/** Merged axes of a strided operand at most: their lengths alternate between stretched and not. */
enum { CHAIN_AXES = 16 };

/** One element of a bool tensor, as a lane. */
INLINE int32_t lane_of_bool(uint8_t x) { return -(int32_t)x; }

static void lanes_of_bools(int32_t *to, const uint8_t *from, int32_t count) {
  for (int32_t i = 0; i < count; i++) to[i] = lane_of_bool(from[i]);
}

static void bools_of_lanes(uint8_t *to, const int32_t *from, int32_t count) {
  for (int32_t i = 0; i < count; i++) to[i] = (uint8_t)(from[i] & 1);
}

/** A stretch along the innermost axis. */
INLINE void load_run(int32_t *to, const void *from, int64_t start, int32_t stride, int32_t count, int is_bool) {
  if (is_bool) {
    const uint8_t *bytes = (const uint8_t *)from + start;
    if (stride == 0) fill_words(to, lane_of_bool(*bytes), count);
    else for (int32_t i = 0; i < count; i++) to[i] = lane_of_bool(bytes[(int64_t)i * stride]);
    return;
  }
  const int32_t *words = (const int32_t *)from + start;
  if (stride == 0) fill_words(to, *words, count);
  else if (stride == 1) copy_words((float *)to, (const float *)words, count);
  else for (int32_t i = 0; i < count; i++) to[i] = words[(int64_t)i * stride];
}

/**
 * Elements first, first + 1, … of a tensor as it is seen along other axes.
 *
 * @param axes (length, stride) of each, the outermost first; a stride of 0 repeats.
 */
static void load_strided(int32_t *to, const void *from, const int32_t *axes, int32_t rank, int32_t first, int32_t count,
                         int is_bool) {
  int32_t place[CHAIN_AXES];
  int64_t start = 0;
  for (int32_t axis = rank - 1, rest = first; axis >= 0; axis--) {
    place[axis] = rest % axes[2 * axis];
    rest /= axes[2 * axis];
    start += (int64_t)place[axis] * axes[2 * axis + 1];
  }
  const int32_t length = axes[2 * rank - 2], stride = axes[2 * rank - 1];
  // A vector that repeats: once it is there, what follows is a copy of what comes before.
  const int repeats = rank == 2 && axes[1] == 0;
  for (int32_t done = 0; done < count;) {
    if (repeats && done >= length) {
      const int32_t whole = done / length * length;
      const int32_t more = min_i32(whole, count - done);
      copy_words((float *)to + done, (const float *)to + done - whole, more);
      done += more;
      continue;
    }
    const int32_t run = min_i32(length - place[rank - 1], count - done);
    load_run(to + done, from, start, stride, run, is_bool);
    done += run;
    // On to the beginning of the next run.
    start += (int64_t)run * stride;
    place[rank - 1] += run;
    for (int32_t axis = rank - 1; axis > 0 && place[axis] == axes[2 * axis]; axis--) {
      start += axes[2 * axis - 1] - (int64_t)axes[2 * axis] * axes[2 * axis + 1];
      place[axis] = 0;
      place[axis - 1]++;
    }
  }
}

#endif
