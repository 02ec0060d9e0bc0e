import {
  GraphBuilder,
  hostTensor,
  type HostTensors,
  type Program,
  type Tensor,
  type TensorSpecs,
} from '@attune/core';
import { expectEqual } from '../../assertions/assert.js';
import { expectAllClose } from '../../assertions/close.js';
import { truth } from '../../kit/oracle.js';
import { testPrograms, withCompiled, withState, type SuiteContext } from '../shared/context.js';

const square = { shape: [3, 3], dtype: 'f32' } as const;
const spec = { a: square, b: square, c: square } as const satisfies TensorSpecs;

/** Whole numbers, so that every result is exact. */
const initial: HostTensors = Object.fromEntries(
  Object.keys(spec).map((name, i) => [
    name,
    hostTensor(
      'f32',
      [3, 3],
      Float32Array.from({ length: 9 }, (_, at) => ((at * 7 + i * 5) % 11) - 4),
    ),
  ]),
);
const feeds: HostTensors = { x: hostTensor('f32', [3, 3], [1, -2, 3, 4, -5, 6, 0, 8, -9]) };

type Write = (g: GraphBuilder, state: (name: keyof typeof spec) => Tensor, x: Tensor) => void;

/** Programs of one name in pairs and triples, which differ in one thing. */
const families: Readonly<Record<string, readonly Write[]>> = {
  'the order of operands': [false, true].map((turned) => (g, of) => {
    const [a, b] = [of('a'), of('b')];
    g.output('y', turned ? g.sub(b, a) : g.sub(a, b));
  }),
  'the tensor of the State that is read': [
    (g, of, x) => g.output('y', g.add(of('a'), x)),
    (g, of, x) => g.output('y', g.add(of('b'), x)),
  ],
  'the tensor of the State that is updated': [
    (g, of, x) => g.update('b', g.add(of('a'), x)),
    (g, of, x) => g.update('c', g.add(of('a'), x)),
  ],
  'the value that is put out': [false, true].map((turned) => (g, of, x) => {
    const [sum, product] = [g.add(of('a'), x), g.mul(of('a'), x)];
    g.output('y', turned ? product : sum);
    g.output('z', turned ? sum : product);
  }),
  'the name of an output': [
    (g, of, x) => g.output('y', g.add(of('a'), x)),
    (g, of, x) => g.output('z', g.add(of('a'), x)),
  ],
  'an attribute': [
    (g, of) => g.output('y', g.sum(of('a'), [0])),
    (g, of) => g.output('y', g.sum(of('a'), [1])),
    (g, of) => g.output('y', g.sum(of('a'), [1], true)),
  ],
  'a constant': [(g, of) => g.output('y', g.mul(of('a'), 2)), (g, of) => g.output('y', g.mul(of('a'), 3))],
  'how a matrix is read': [
    (g, of) => g.output('y', g.matmul(of('a'), of('b'))),
    (g, of) => g.output('y', g.matmul(of('a'), of('b'), { transposeB: true })),
    (g, of) => g.output('y', g.matmul(of('a'), of('b'), { transposeA: true })),
  ],
};

function programsOf(writes: readonly Write[]): Program[] {
  return writes.map((write) => {
    const g = new GraphBuilder('of one name');
    write(g, (name) => g.state(name, spec[name]), g.feed('x', square));
    return g.build();
  });
}

/** Programs are distinguished by what they are: one that was built before is none of the next one's. */
export function describeIdentity(context: SuiteContext): void {
  const { backend } = context;
  context.runner.describe('programs that differ in one thing', () => {
    for (const [difference, writes] of Object.entries(families)) {
      const programs = programsOf(writes);
      testPrograms(context, `${difference}`, programs, () =>
        withState(backend, spec, (state) =>
          withCompiled(backend, state, programs, async (...runs) => {
            // In one order and then in the other: neither is always the second.
            for (const i of [...programs.keys(), ...[...programs.keys()].reverse()]) {
              await state.write(initial);
              const expected = truth(programs[i]!, feeds, initial);
              const what = `program ${i + 1} of ${programs.length}`;
              const outputs = await runs[i]!.run(feeds);
              expectEqual(Object.keys(outputs), Object.keys(expected.outputs), `outputs of ${what}`);
              for (const [name, value] of Object.entries(expected.outputs)) {
                expectAllClose(outputs[name]!, value, {}, `${name} of ${what}`);
              }
              const after = await state.read();
              for (const name of Object.keys(spec)) {
                const value = expected.updates[name] ?? initial[name]!;
                expectAllClose(after[name]!, value, {}, `"${name}" after ${what}`);
              }
            }
          }),
        ),
      );
    }
  });
}
