/** What an instruction touches, slot by slot: looked at once, when a tape is loaded. */
#ifndef ATTUNE_REACH_H
#define ATTUNE_REACH_H

#include "engine.h"

struct Reach {
  int32_t slots;
  /** 1 once an instruction names a slot that there is not, or has code that is none. */
  int32_t corrupt;
  /** Bytes that each slot has to have at least; NULL where nobody asks. */
  double *needs;
};

/** Notes that so many bytes from a place on are read or written; of none, that the slot is there. */
static inline void reach(Reach *found, Ref ref, double bytes) {
  if (ref.slot < 0 || ref.slot >= found->slots || bytes < 0) {
    found->corrupt = 1;
    return;
  }
  const double end = (double)ref.offset * 4 + bytes;
  if (bytes > 0 && found->needs && found->needs[ref.slot] < end) found->needs[ref.slot] = end;
}

/** As reach, for a place that may be left out. */
static inline void reach_optional(Reach *found, Ref ref, double bytes) {
  if (is_there(ref)) reach(found, ref, bytes);
}

#endif
