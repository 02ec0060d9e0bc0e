import { GraphBuilder, hostTensor, type HostTensors, type Program } from '@attune/core';
import { expectEqual } from '../../assertions/assert.js';
import { expectAllClose, expectValue } from '../../assertions/close.js';
import { truth } from '../../kit/oracle.js';
import { runOnce, testPrograms, withCompiled, withState, type SuiteContext } from '../shared/context.js';
import { counter } from '../shared/programs.js';

const { NaN, Infinity } = globalThis;
const left = hostTensor('f32', [8], [NaN, 1, NaN, 2, Infinity, NaN, -Infinity, 0]);
const right = hostTensor('f32', [8], [1, NaN, NaN, 3, NaN, Infinity, -Infinity, -1]);

const pair = (g: GraphBuilder) => [g.feed('left', left), g.feed('right', right)] as const;

function comparisons(): Program {
  const g = new GraphBuilder('comparisons with NaN');
  const [a, b] = pair(g);
  for (const op of ['less', 'lessEqual', 'equal'] as const) {
    const result = g[op](a, b);
    g.output(op, result);
    g.output(`not ${op}`, g.logicalNot(result));
    g.output(`${op} turned`, g[op](b, a));
    g.output(`${op} itself`, g[op](a, a));
    g.output(`${op} a number`, g[op](a, 1));
    g.output(`select by ${op}`, g.select(result, 1, -1));
  }
  return g.build();
}

function extrema(): Program {
  const g = new GraphBuilder('extrema of NaN');
  const [a, b] = pair(g);
  for (const op of ['maximum', 'minimum'] as const) {
    g.output(op, g[op](a, b));
    g.output(`${op} turned`, g[op](b, a));
    g.output(`${op} with 0`, g[op](a, 0));
  }
  return g.build();
}

/** Rows of 1,100: a NaN first, in the middle, at the end, and none. */
const long = hostTensor(
  'f32',
  [4, 1100],
  Float32Array.from({ length: 4400 }, (_, i) => ((i * 37) % 101) - 50),
);
[0, 1100 + 700, 2 * 1100 + 1099].forEach((at) => (long.data[at] = NaN));

function largest(): Program {
  const g = new GraphBuilder('max of NaN');
  const [a, x] = [g.feed('left', left), g.feed('long', long)];
  g.output('of all', g.max(a));
  g.output('of rows', g.max(x, [1]));
  g.output('of columns', g.max(x, [0], true));
  g.output('of negated rows', g.max(g.neg(x), [1]));
  return g.build();
}

function rows(): Program {
  const g = new GraphBuilder('rows with NaN');
  const x = g.feed('long', long);
  g.output('sum', g.sum(x, [1]));
  g.output('mean', g.mean(x, [1]));
  const first = g.slice(x, [0, 0], [4, 3]);
  g.output('product', g.matmul(first, g.constant(2, [3, 2])));
  return g.build();
}

function moves(): Program {
  const g = new GraphBuilder('rows moved past NaN');
  const x = g.slice(g.feed('long', long), [0, 0], [4, 3]);
  // The first row has a NaN.
  g.output('gather', g.gather(x, g.constant(1, [2], 'i32')));
  g.output('gather of it', g.gather(x, g.constant(0, [2], 'i32')));
  g.output('slice', g.slice(x, [1, 0], [3, 3]));
  g.output('transpose', g.transpose(x, [1, 0]));
  g.output('concat', g.concat([x, g.constant(1, [4, 2])], 1));
  g.output('pad', g.pad(x, [1, 0], [0, 1]));
  g.output('softmax', g.slice(g.softmax(x), [1, 0], [3, 3]));
  g.output('layerNorm', g.slice(g.layerNorm(x, g.constant(1, [3]), undefined, 0.1), [1, 0], [3, 3]));
  return g.build();
}

function elementwise(): Program {
  const g = new GraphBuilder('arithmetic with NaN');
  const [a, b] = pair(g);
  for (const op of ['add', 'sub', 'mul', 'div'] as const) g.output(op, g[op](a, b));
  const unary = ['neg', 'abs', 'square', 'relu'] as const;
  for (const op of unary) g.output(op, g[op](a));
  g.output('not chosen', g.select(g.equal(a, a), 1, a));
  return g.build();
}

/** `total += x`, if the loss is at most 10; `measure` is how the loss comes of `x`. */
function guarded(measure: 'sum' | 'max' | 'less'): Program {
  const g = new GraphBuilder(`guarded by ${measure}`);
  const x = g.feed('x', counter);
  const total = g.state('total', counter);
  g.update('total', g.add(total, x));
  const loss = measure === 'max' ? g.max(g.abs(x)) : g.sum(x);
  g.output('loss', loss);
  g.guard('allowed', measure === 'less' ? g.less(loss, 11) : g.lessEqual(loss, 10));
  return g.build();
}

/** NaN and infinities: what they make of results, and that no guard lets them pass. */
export function describeNaN(context: SuiteContext): void {
  const { backend } = context;
  context.runner.describe('NaN and infinities', () => {
    const tests: readonly (readonly [string, Program])[] = [
      ['a comparison with NaN is false, on either side', comparisons()],
      ['maximum and minimum with NaN are NaN, on either side', extrema()],
      ['the largest of numbers and a NaN is NaN, wherever it stands', largest()],
      ['sums and products of rows with a NaN in them, and those alone, are NaN', rows()],
      ['rows that are moved, or normalised, have no NaN from their neighbours', moves()],
      ['arithmetic with NaN and infinities', elementwise()],
    ];
    const feeds: HostTensors = { left, right, long };
    for (const [name, program] of tests) {
      testPrograms(context, name, [program], async () => {
        const own = Object.fromEntries(Object.keys(program.feeds).map((key) => [key, feeds[key]!]));
        const expected = truth(program, own).outputs;
        const actual = await runOnce(backend, program, own);
        for (const [key, value] of Object.entries(expected)) expectValue(actual[key]!, value, key);
      });
    }

    for (const measure of ['sum', 'max', 'less'] as const) {
      const program = guarded(measure);
      testPrograms(context, `a guard lets no NaN pass: ${measure}`, [program], () =>
        withState(backend, { total: counter }, (state) =>
          withCompiled(backend, state, [program], async (run) => {
            const attempt = async (...x: number[]) => {
              const { allowed } = await run!.run({ x: hostTensor('f32', [3], x) });
              return allowed!.data[0];
            };
            expectEqual(await attempt(1, 2, 3), 1, 'allowed, of 1, 2, 3');
            for (const bad of [NaN, Infinity]) {
              for (const at of [0, 1, 2]) {
                const x = [1, 2, 3].map((value, i) => (i === at ? bad : value));
                expectEqual(await attempt(...x), 0, `allowed, of ${x.join(', ')}`);
              }
            }
            const { total } = await state.read();
            expectAllClose(total!, hostTensor('f32', [3], [1, 2, 3]), {}, 'total');
          }),
        ),
      );
    }
  });
}
