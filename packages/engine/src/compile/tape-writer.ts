import { AttuneError, type ValueId } from '@attune/core';
import type { KernelInfo } from '../host/host.js';
import { GUARD, instructionFlags, TAPE_VERSION } from '../host/tape.js';
import type { Step, StepWriter } from '../steps/rule.js';
import { f32Bits, type Word } from '../steps/words.js';

/** A place in memory: a slot and a byte in it. */
export interface Place {
  readonly slot: number;
  readonly offset: number;
  readonly bytes: number;
}

/** Two words for an argument that is not there. */
const nowhere = [-1, 0] as const;

/** The two words of a place, `offset` units of 4 bytes further on. */
function wordsOf(place: Place, offset = 0): readonly [Word, Word] {
  return [place.slot, (place.offset / 4 + offset) | 0];
}

const overlap = (a: Place, b: Place) =>
  a.slot === b.slot && a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;

/**
 * Writes a tape. A step waits for those before it only where it has to: where it reads what one of them writes, or writes
 * what one of them uses.
 */
export class TapeWriter {
  private readonly words: Word[] = [TAPE_VERSION, 0];
  private readonly numbers: ReadonlyMap<string, number>;
  /** True where a step had to wait and has written no call yet: the next call does. */
  private isWaiting = false;
  /** Places that are read and written since the last barrier. */
  private reads: Place[] = [];
  private writes: Place[] = [];

  constructor(private readonly kernels: readonly KernelInfo[]) {
    this.numbers = new Map(kernels.map(({ name }, number) => [name, number]));
  }

  private instruction(kernel: number, isBarrier: boolean, args: readonly Word[]): void {
    this.words[1]!++;
    this.words.push(kernel, isBarrier ? instructionFlags.barrier : 0, args.length, ...args);
  }

  /** True if a step has to wait; notes what it reads and writes. */
  private waits(reads: readonly Place[], writes: readonly Place[]): boolean {
    const isBarrier =
      reads.some((place) => this.writes.some((other) => overlap(place, other))) ||
      writes.some((place) => [...this.writes, ...this.reads].some((other) => overlap(place, other)));
    if (isBarrier) [this.reads, this.writes] = [[], []];
    this.reads.push(...reads);
    this.writes.push(...writes);
    return isBarrier;
  }

  /** Ends the run here where a bool is false. */
  guard(place: Place): void {
    this.instruction(GUARD, true, wordsOf(place));
    this.isWaiting = false;
    [this.reads, this.writes] = [[], []];
  }

  /** Writes the calls of a step whose values and temporaries lie in these places. */
  step(step: Step, placeOf: (id: ValueId) => Place, temporaries: readonly Place[]): void {
    const writes = [...step.outputs.map(placeOf), ...temporaries];
    if (this.waits(step.inputs.map(placeOf), writes)) this.isWaiting = true;
    const writer: StepWriter = {
      call: (kernel, args) => {
        const number = this.numbers.get(kernel);
        const words = number === undefined ? 0 : this.kernels[number]!.words;
        if (number === undefined || args.length < words) {
          throw new AttuneError(
            'BACKEND_FAILURE',
            number === undefined
              ? `The engine has no kernel "${kernel}".`
              : `The kernel "${kernel}" takes ${words} words, but is called with ${args.length}.`,
          );
        }
        this.instruction(number, this.isWaiting, args);
        this.isWaiting = true;
      },
      ref: (id, offset) => wordsOf(placeOf(id), offset),
      temporary: (index, offset) => wordsOf(temporaries[index]!, offset),
      nowhere,
      f32: f32Bits,
    };
    const before = this.words[1];
    step.emit(writer);
    // Only within a step does each call wait for the one before.
    if (this.words[1] !== before) this.isWaiting = false;
  }

  finish(): Int32Array {
    return Int32Array.from(this.words);
  }
}
