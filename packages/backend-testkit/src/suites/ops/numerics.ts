import { GraphBuilder, hostTensor, keepMask, type Program } from '@attune/core';
import { assert } from '../../assertions/assert.js';
import { expectAllClose, expectValue, sameBits } from '../../assertions/close.js';
import { truth } from '../../kit/oracle.js';
import { randomTensor } from '../../kit/random-tensor.js';
import { runOnce, testPrograms, withCompiled, withState, type SuiteContext } from '../shared/context.js';

const LONG = 10_000_000;

function sumProgram(): Program {
  const g = new GraphBuilder('long sum');
  g.output('sum', g.sum(g.feed('x', { shape: [LONG], dtype: 'f32' })));
  return g.build();
}

/** Ten million numbers in [0, 1), and their sum in float64. */
function longFeed(): { x: Float32Array; sum: number } {
  const x = new Float32Array(LONG);
  let sum = 0;
  // A linear congruential generator (Numerical Recipes): the kit's own is too slow for this many.
  for (let i = 0, state = 1; i < LONG; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    x[i] = state / 2 ** 32;
    sum += x[i]!;
  }
  return { x, sum };
}

const ROWS = 7;
const UPDATES = 3000;

function scatterProgram(): Program {
  const g = new GraphBuilder('scatter');
  const indices = g.feed('indices', { shape: [UPDATES], dtype: 'i32' });
  const updates = g.feed('updates', { shape: [UPDATES, 5], dtype: 'f32' });
  g.output('table', g.scatterAdd(indices, updates, ROWS));
  return g.build();
}

function maskProgram(size: number): Program {
  const g = new GraphBuilder('mask');
  const seed = g.feed('seed', { shape: [], dtype: 'i32' });
  g.output('a', g.bernoulli(seed, [size], 0.25, 3));
  g.output('b', g.bernoulli(seed, [size], 0.25, 4));
  g.output('dropped', g.dropout(g.constant(1, [size]), seed, 0.25, 3));
  return g.build();
}

/** Where float32 engines go wrong: long sums, racing additions, random numbers. */
export function describeNumerics(context: SuiteContext): void {
  const { backend } = context;
  context.runner.describe('numerics', () => {
    const sum = sumProgram();
    testPrograms(
      context,
      'ten million numbers are summed to a relative error of 1e-5',
      [sum],
      async () => {
        const feed = longFeed();
        const result = await runOnce(backend, sum, { x: hostTensor('f32', [LONG], feed.x) });
        expectAllClose(result['sum']!, { shape: [], dtype: 'f32', data: [feed.sum] }, { rtol: 1e-5 }, 'sum');
      },
      60_000,
    );

    const scatter = scatterProgram();
    testPrograms(
      context,
      'no addition is lost to a race, in 50 runs with many duplicates',
      [scatter],
      async () => {
        const indices = randomTensor(1, { shape: [UPDATES], dtype: 'i32' }, [0, ROWS]);
        // Whole numbers: their float32 sums are exact in any order, so that one lost addition shows.
        const whole = randomTensor(2, { shape: [UPDATES, 5], dtype: 'i32' }, [-50, 50]);
        const feeds = { indices, updates: hostTensor('f32', whole.shape, Float32Array.from(whole.data)) };
        const expected = { ...truth(scatter, feeds).outputs['table']!, dtype: 'f32' } as const;
        await withState(backend, {}, (state) =>
          withCompiled(backend, state, [scatter], async (run) => {
            for (let i = 0; i < 50; i++) {
              expectAllClose((await run!.run(feeds))['table']!, expected, {}, `run ${i + 1}`);
            }
          }),
        );
      },
    );

    testPrograms(
      context,
      'fractions scattered into few rows stay right, and equal where deterministic',
      [scatter],
      async () => {
        const feeds = {
          indices: randomTensor(3, { shape: [UPDATES], dtype: 'i32' }, [0, ROWS]),
          updates: randomTensor(4, { shape: [UPDATES, 5], dtype: 'f32' }),
        };
        const expected = truth(scatter, feeds).outputs['table']!;
        await withState(backend, {}, (state) =>
          withCompiled(backend, state, [scatter], async (run) => {
            const first = (await run!.run(feeds))['table']!;
            expectValue(first, expected, 'table');
            for (let i = 1; i < 50; i++) {
              const again = (await run!.run(feeds))['table']!;
              if (!backend.capabilities.deterministic) expectValue(again, expected, `run ${i + 1}`);
              else
                assert(
                  sameBits(first, again),
                  `capabilities.deterministic is true, but run ${i + 1} differs.`,
                );
            }
          }),
        );
      },
    );

    const size = 4099;
    const mask = maskProgram(size);
    testPrograms(context, 'dropout’s mask is keepMask, for every seed that is fed', [mask], () =>
      withState(backend, {}, (state) =>
        withCompiled(backend, state, [mask], async (run) => {
          for (const seed of [0, 1, 1337, -1, 2 ** 31 - 1, -(2 ** 31)]) {
            const { a, b, dropped } = await run!.run({ seed: hostTensor('i32', [], [seed]) });
            const keep = keepMask(seed, 3, 0.25, size);
            expectAllClose(a!, hostTensor('bool', [size], keep), {}, `mask of seed ${seed}, stream 3`);
            expectAllClose(
              b!,
              hostTensor('bool', [size], keepMask(seed, 4, 0.25, size)),
              {},
              `seed ${seed}, stream 4`,
            );
            const scaled = hostTensor(
              'f32',
              [size],
              Float32Array.from(keep, (kept) => kept / 0.75),
            );
            expectValue(dropped!, scaled, `dropout of ones, seed ${seed}`);
          }
        }),
      ),
    );
  });
}
