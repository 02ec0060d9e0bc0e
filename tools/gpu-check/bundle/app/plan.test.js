import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LEAST_MS, RESERVE_MS, shareOf, stepsOfRound } from './plan.js';

const parts = [
  { name: 'kit', weight: 3, mostMs: 100_000 },
  { name: 'S', weight: 1 },
  { name: 'decoding', weight: 1 },
];

/** Runs the plan with parts that take a part of their share each: their shares, and the time when all has ended. */
function play(limitMs, used) {
  let now = 0;
  const shares = parts.map((_, index) => {
    const share = shareOf(parts, index, limitMs - now);
    now += (share ?? 0) * used;
    return share;
  });
  return { shares, now };
}

describe('the time of a check', () => {
  it('is divided by weight, and never passes the limit', () => {
    const { shares, now } = play(50_000 + RESERVE_MS, 1);
    assert.deepEqual(shares, [30_000, 10_000, 10_000]);
    assert.equal(now, 50_000);
  });

  it('that a part leaves goes to those after it', () => {
    assert.deepEqual(play(50_000 + RESERVE_MS, 0.5).shares, [30_000, 17_500, 26_250]);
  });

  it('of a part has an end of its own, where one is set', () => {
    assert.equal(shareOf(parts, 0, 1_000_000), 100_000);
  });

  it('is not given to a part that could only begin', () => {
    assert.equal(shareOf(parts, 2, LEAST_MS), undefined);
    assert.equal(shareOf(parts, 0, -1), undefined);
    // A part that comes early still gets enough to begin, at the cost of the later ones.
    assert.equal(shareOf(parts, 1, LEAST_MS + RESERVE_MS), LEAST_MS);
    for (const limitMs of [0, 5_000, 9_000, 20_000]) {
      assert.ok(play(limitMs, 1).now <= Math.max(0, limitMs - RESERVE_MS));
    }
  });

  it('of a round of steps is about half a second', () => {
    assert.deepEqual([0.1, 10, 50, 400, 5_000].map(stepsOfRound), [25, 25, 10, 1, 1]);
  });
});
