/**
 * The words of a tape, as `kernels/execute.c` reads them. A tape begins with its header, then come the instructions:
 *
 *     header       version, number of instructions
 *     instruction  kernel, flags, number of argument words n, then n words
 *
 * A Ref among the arguments is two words: slot, and offset in units of 4 bytes; slot −1 stands for "not there". Numbers are
 * i32, or the bits of an f32. Kernels define the order of their arguments, as structs in `kernels/*.c`.
 */
export const TAPE_VERSION = 1;

/** Flags of an instruction. */
export const instructionFlags = {
  /** Waits until all instructions before it are done: it reads what one of them writes, or writes what one uses. */
  barrier: 1,
} as const;

/** The kernel number of the one instruction that the executor runs itself: `Ref` to a bool; where it is 0, the run ends here. */
export const GUARD = -1;
