import { AttuneError, plural } from '@attune/core';
import type { Elements } from './blocks.js';

/** The calls of a communicator, in the order of their numbers in a header. */
const callKinds = [
  'allReduceSum',
  'reduceScatterSum',
  'allGather',
  'broadcast',
  'barrier',
  'dispose',
] as const;
export type CallKind = (typeof callKinds)[number];

/** A call as it is carried out: where its arrays lie, and the rank that has or wants each. */
export interface Call {
  readonly kind: CallKind;
  readonly parts: readonly Elements[];
  readonly owners: readonly number[];
}

/** Changes whenever messages do: ranks of different versions of attune do not understand each other. */
const PROTOCOL = 0x41540001;

/** Numbers in a header: protocol, number of the call, kind, arrays, bytes (low, high), hash. */
const LENGTH = 8;

/** A hash of whole numbers (FNV-1a, a word at a time). */
function hash(numbers: Iterable<number>): number {
  let state = 0x811c9dc5;
  for (const number of numbers) state = Math.imul(state ^ number, 0x01000193) ^ (state >>> 15);
  return state | 0;
}

function* description({ parts, owners }: Call): Iterable<number> {
  for (const part of parts)
    yield* [part.BYTES_PER_ELEMENT, part.length | 0, Math.floor(part.length / 2 ** 32)];
  yield* owners;
}

/** A call in few bytes: equal on all ranks if they make the same call. */
export function headerOf(call: Call, number: number): Int32Array {
  const bytes = call.parts.reduce((sum, part) => sum + part.byteLength, 0);
  return Int32Array.of(
    ...[PROTOCOL, number, callKinds.indexOf(call.kind), call.parts.length],
    ...[bytes | 0, Math.floor(bytes / 2 ** 32), hash(description(call)), 0],
  );
}

export const emptyHeader = (): Int32Array => new Int32Array(LENGTH);

function inWords([, number, kind, arrays, low, high]: Int32Array): string {
  const name = callKinds[kind!] ?? 'something unknown';
  const bytes = (low! >>> 0) + high! * 2 ** 32;
  const what = arrays === 0 ? name : `${name} of ${plural(arrays!, 'array')}, ${plural(bytes, 'byte')}`;
  return `${what} (call ${number})`;
}

/** The error for two ranks that make different calls; `undefined` if they make the same. */
export function disagreement(
  rank: number,
  own: Int32Array,
  other: number,
  theirs: Int32Array,
): AttuneError | undefined {
  if (own.every((value, i) => value === theirs[i])) return undefined;
  if (own[0] !== theirs[0]) {
    return new AttuneError('RANKS_DISAGREE', `Ranks ${rank} and ${other} run different versions of attune.`, {
      fix: 'Install the same version on all machines.',
    });
  }
  const [mine, others] = [inWords(own), inWords(theirs)];
  const difference =
    mine === others
      ? `both call ${mine}, with other lengths, types or owners`
      : `one calls ${mine}, the other ${others}`;
  return new AttuneError(
    'RANKS_DISAGREE',
    `Ranks ${rank} and ${other} ask for different things: ${difference}.`,
  );
}
