import { LEAST_MS } from '../plan.js';
import { median, summarize } from '../statistics.js';

/** Rounds of both sides, at most. */
const ROUNDS = 5;

/**
 * Has both sides measure in turn, as long as the time lasts, and tells of the rounds so far after each.
 *
 * @template A, B
 * @param {object} given
 * @param {() => Promise<A>} given.ours
 * @param {() => Promise<B>} given.theirs
 * @param {number} given.untilMs on the clock of `performance.now()`
 * @param {(rounds: readonly { ours: A, theirs: B }[]) => void} given.onRound
 */
export async function alternate({ ours, theirs, untilMs, onRound }) {
  const rounds = [];
  let roundMs = 0;
  while (rounds.length < ROUNDS && performance.now() + roundMs < untilMs) {
    const begin = performance.now();
    rounds.push({ ours: await ours(), theirs: await theirs() });
    roundMs = performance.now() - begin;
    onRound(rounds);
  }
}

/**
 * Times of both sides, and attune's by PyTorch's, of the same round.
 *
 * @param {readonly { ours: object, theirs: object }[]} rounds
 * @param {(side: object) => readonly number[]} timesOf milliseconds that one side has measured in a round
 */
export function compareTimes(rounds, timesOf) {
  const medians = rounds.map(({ ours, theirs }) => [median(timesOf(ours)), median(timesOf(theirs))]);
  return {
    pytorchMs: summarize(rounds.flatMap(({ theirs }) => timesOf(theirs))),
    attuneMs: median(medians.map(([ours]) => ours)),
    ratio: summarize(medians.map(([ours, theirs]) => ours / theirs)),
  };
}

/** Why one of PyTorch's ways is not measured, if it is not. */
export function reasonAgainst({ precision, compiled }, pytorch, leftMs) {
  if (precision === 'tf32' && pytorch.device === 'cpu') return 'none on CPUs';
  if (compiled && pytorch.compiles === false) return pytorch.cannotCompile ?? 'compiling failed before';
  return leftMs < LEAST_MS ? 'no time was left' : undefined;
}

/** How a report tells of an error of PyTorch's side. */
export const pytorchFault = ({ message, stderr, timedOut }) =>
  timedOut ? { notRun: 'no time was left' } : { error: { message, ...(stderr && { stderr }) } };
