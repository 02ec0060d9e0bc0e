import type { OpNode, ValueId } from '@attune/core';
import type { Word } from './words.js';

/** Kernel calls that compute values from others, as a whole. */
export interface Step {
  /**
   * Values that it reads from memory, each once. A value that only views another (a reshape) may be named instead of it; a
   * constant may be named as well.
   */
  readonly inputs: readonly ValueId[];
  /** Values that it writes to memory. All that the program may ask for of what it computes. */
  readonly outputs: readonly ValueId[];
  /**
   * True if the output may lie in the very memory of the input, which has the same length: each element is read before it is
   * written, and never again. Default: never.
   */
  mayOverwrite?(input: number, output: number): boolean;
  /** The node at whose place in the program it runs, when its inputs are there. Default: the node that was matched. */
  readonly at?: OpNode;
  /** Bytes of stretches of memory that it needs for itself while it runs. */
  readonly temporaries?: readonly number[];
  /** Writes the kernel calls. Each begins when the one before is done. */
  emit(tape: StepWriter): void;
}

/** A step's view of the tape. */
export interface StepWriter {
  /** Calls a kernel: its arguments in the order of its struct in `kernels/*.c`. */
  call(kernel: string, args: readonly Word[]): void;
  /** The place of a value, or of an element of it, in units of 4 bytes: two words. */
  ref(id: ValueId, offset?: number): readonly [Word, Word];
  /** The place of one of the step's temporaries: two words. */
  temporary(index: number, offset?: number): readonly [Word, Word];
  /** Two words for an argument that is not there. */
  readonly nowhere: readonly [Word, Word];
  /** The bits of a float32: one word. */
  f32(value: number): Word;
}
