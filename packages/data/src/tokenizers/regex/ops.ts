// The instructions of a compiled expression; `a` and `b` are their operands.

export const MATCH = 0;
/** A UTF-16 unit that is a character by itself: `a`. */
export const UNIT = 1;
/** A character of the set `a`. */
export const SET = 2;
/** The same, of the character before. */
export const SET_BACK = 3;
export const JUMP = 4;
/** Goes to `a` and, where that fails, to `b`. */
export const SPLIT = 5;
/** Characters of the set `a`, as many as there are; where the rest fails, fewer. */
export const RUN = 6;
/** Looks with the instructions from `a` on; where `b` is 1, they must not match. */
export const LOOK = 7;
/** Looks at the character ahead, or behind (`b` has the bit 2): is it in the set `a`, or not (`b` has the bit 1)? */
export const LOOK_AT = 8;
/** Leads nowhere. */
export const FAIL = 9;
