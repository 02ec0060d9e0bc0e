import { GraphBuilder, hostTensor, keepMask, type HostTensor, type Program } from '@attune/core';
import { expectAllClose, expectValue } from '../../assertions/close.js';
import { tolerancesFor } from '../../assertions/tolerances.js';
import { truth } from '../../kit/oracle.js';
import { runOnce, testPrograms, type SuiteContext } from '../shared/context.js';

/** One more than a GPU launches groups along one axis. */
const GROUPS = 65_536;

/** Elements for which groups of 64 threads are more than that. */
const MANY = 64 * GROUPS + 7;

/** Positive numbers that repeat after a while, but not after a power of 2. */
function pattern(length: number, period = 997): Float32Array<ArrayBuffer> {
  const values = new Float32Array(length);
  for (let i = 0; i < length; i++) values[i] = (i % period) / period + 0.25;
  return values;
}

const rows = (columns: number): HostTensor =>
  hostTensor('f32', [GROUPS + 3, columns], pattern((GROUPS + 3) * columns));

function rowsProgram(): Program {
  const g = new GraphBuilder('many rows');
  const x = g.feed('x', { shape: [GROUPS + 3, 2], dtype: 'f32' });
  g.output('softmax', g.softmax(x));
  g.output('layerNorm', g.layerNorm(x, g.constant(1, [2]), undefined, 0.1));
  g.output('sum', g.sum(x, [1]));
  g.output('max', g.max(x, [1]));
  g.output('columns', g.sum(g.abs(x), [0]));
  g.output('loss', g.softmaxCrossEntropy(x, g.constant(1, [GROUPS + 3], 'i32')));
  return g.build();
}

function productsProgram(): Program {
  const g = new GraphBuilder('many products');
  const x = g.feed('x', { shape: [GROUPS + 3, 2], dtype: 'f32' });
  const [row, column] = [g.reshape(x, [GROUPS + 3, 1, 2]), g.reshape(x, [GROUPS + 3, 2, 1])];
  g.output('batch', g.matmul(row, column));
  g.output('tall', g.matmul(x, g.constant(0.5, [2, 2])));
  return g.build();
}

function elementsProgram(): Program {
  const g = new GraphBuilder('many elements');
  const x = g.feed('x', { shape: [MANY], dtype: 'f32' });
  g.output('scaled', g.mul(x, g.feed('by', { shape: [], dtype: 'f32' })));
  return g.build();
}

const MASK = 2 * 65_536 + 11;

function maskProgram(): Program {
  const g = new GraphBuilder('a long mask');
  const seed = g.feed('seed', { shape: [], dtype: 'i32' });
  g.output('dropped', g.dropout(g.feed('x', { shape: [MASK], dtype: 'f32' }), seed, 0.25, 3));
  return g.build();
}

/** Rows of a table, and classes: more than an index of 16 bits counts. */
const ROWS = 70_001;

function indicesProgram(): Program {
  const g = new GraphBuilder('large indices');
  const ids = g.feed('ids', { shape: [4], dtype: 'i32' });
  const x = g.feed('x', { shape: [ROWS, 2], dtype: 'f32' });
  g.output('rows', g.gather(x, ids));
  g.output('table', g.scatterAdd(ids, g.constant(1, [4, 2]), ROWS));
  const logits = g.broadcastTo(g.reshape(g.slice(x, [0, 0], [ROWS, 1]), [1, ROWS]), [4, ROWS]);
  g.output('loss', g.softmaxCrossEntropy(logits, ids));
  return g.build();
}

/** Tensors that are larger than one launch, one block of random numbers, one index of 16 bits. */
export function describeScale(context: SuiteContext): void {
  const { backend } = context;
  context.runner.describe('scale', () => {
    for (const [name, program] of [
      ['rows', rowsProgram()],
      ['products', productsProgram()],
    ] as const) {
      const allowed = tolerancesFor(program, backend.capabilities.precision);
      testPrograms(
        context,
        `more than 65,535 ${name} are computed to the last`,
        [program],
        async () => {
          const feeds = { x: rows(2) };
          const expected = truth(program, feeds).outputs;
          const actual = await runOnce(backend, program, feeds);
          for (const [key, value] of Object.entries(expected)) {
            // Sums of 65,539 numbers are among them.
            expectValue(actual[key]!, value, key, { value: Math.max(1e-4, allowed.value) });
          }
        },
        60_000,
      );
    }

    const elements = elementsProgram();
    testPrograms(
      context,
      'more than 65,535 groups of elements are computed to the last',
      [elements],
      async () => {
        const x = pattern(MANY);
        const { scaled } = await runOnce(backend, elements, {
          x: hostTensor('f32', [MANY], x),
          by: hostTensor('f32', [], [-2]),
        });
        expectAllClose(
          scaled!,
          hostTensor(
            'f32',
            [MANY],
            x.map((value) => value * -2),
          ),
          {},
          'scaled',
        );
      },
      60_000,
    );

    const indices = indicesProgram();
    const allowed = tolerancesFor(indices, backend.capabilities.precision);
    testPrograms(
      context,
      'rows and classes beyond the 65,536th are found',
      [indices],
      async () => {
        const feeds = {
          ids: hostTensor('i32', [4], [70_000, 4464, 65_536, 65_535]),
          x: hostTensor('f32', [ROWS, 2], pattern(ROWS * 2)),
        };
        const expected = truth(indices, feeds).outputs;
        const actual = await runOnce(backend, indices, feeds);
        for (const [key, value] of Object.entries(expected)) expectValue(actual[key]!, value, key, allowed);
      },
      60_000,
    );

    const mask = maskProgram();
    testPrograms(context, 'a mask of 131,083 elements does not repeat', [mask], async () => {
      const keep = keepMask(1234, 3, 0.25, MASK);
      const outputs = await runOnce(backend, mask, {
        seed: hostTensor('i32', [], [1234]),
        x: hostTensor('f32', [MASK], new Float32Array(MASK).fill(0.75)),
      });
      expectValue(outputs['dropped']!, hostTensor('f32', [MASK], Float32Array.from(keep)), 'dropped');
    });
  });
}
