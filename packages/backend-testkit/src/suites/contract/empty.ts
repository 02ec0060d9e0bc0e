import { GraphBuilder, hostTensor, type Program } from '@attune/core';
import { expectAllClose, expectHostTensor } from '../../assertions/close.js';
import { truth } from '../../kit/oracle.js';
import { runOnce, testPrograms, withState, type SuiteContext } from '../shared/context.js';

function emptyProgram(): Program {
  const g = new GraphBuilder('empty');
  const none = g.feed('none', { shape: [0, 3], dtype: 'f32' });
  const some = g.feed('some', { shape: [2, 3], dtype: 'f32' });
  g.output('sum', g.sum(none, [0]));
  g.output('doubled', g.mul(none, 2));
  g.output('joined', g.concat([none, some], 0));
  g.output('product', g.matmul(none, some, { transposeB: true }));
  g.output('softmax', g.softmax(none));
  g.output('turned', g.transpose(none, [1, 0]));
  g.output('cut', g.slice(some, [1, 0], [0, 3]));
  g.output('rows', g.gather(some, g.feed('ids', { shape: [0], dtype: 'i32' })));
  return g.build();
}

/** Sums over nothing, whose result is not empty: zeros, and not what was in memory before. */
function nothingProgram(): Program {
  const g = new GraphBuilder('sums over nothing');
  const none = g.feed('none', { shape: [0, 3], dtype: 'f32' });
  g.output('sum', g.sum(none, [0]));
  g.output('product', g.matmul(none, none, { transposeA: true }));
  g.output('table', g.scatterAdd(g.feed('ids', { shape: [0], dtype: 'i32' }), none, 4));
  g.output('padded', g.pad(none, [2, 0], [0, 1]));
  return g.build();
}

/** Tensors without elements: legal wherever a tensor is. */
export function describeEmpty(context: SuiteContext): void {
  const { backend, runner } = context;
  runner.describe('empty tensors', () => {
    runner.test('are allocated, written and read', () => {
      const spec = {
        f: { shape: [0, 3], dtype: 'f32' },
        i: { shape: [0], dtype: 'i32' },
        b: { shape: [2, 0], dtype: 'bool' },
      } as const;
      return withState(backend, spec, async (state) => {
        await state.write({ f: hostTensor('f32', [0, 3], []) });
        const read = await state.read();
        for (const [name, one] of Object.entries(spec)) expectHostTensor(read[name], one, name);
      });
    });

    const program = emptyProgram();
    testPrograms(context, 'are fed, computed with, and put out', [program], async () => {
      const feeds = {
        none: hostTensor('f32', [0, 3], []),
        some: hostTensor('f32', [2, 3], [1, 2, 3, 4, 5, 6]),
        ids: hostTensor('i32', [0], []),
      };
      const outputs = await runOnce(backend, program, feeds);
      for (const [name, expected] of Object.entries(truth(program, feeds).outputs)) {
        expectAllClose(outputs[name]!, expected, {}, name);
      }
    });

    const nothing = nothingProgram();
    testPrograms(context, 'sums over nothing are 0', [nothing], async () => {
      const feeds = { none: hostTensor('f32', [0, 3], []), ids: hostTensor('i32', [0], []) };
      const outputs = await runOnce(backend, nothing, feeds);
      for (const [name, expected] of Object.entries(truth(nothing, feeds).outputs)) {
        expectAllClose(outputs[name]!, expected, {}, name);
      }
    });
  });
}
