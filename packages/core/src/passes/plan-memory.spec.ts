import { GraphBuilder } from '../builder/index.js';
import { opDefinition } from '../builder/op-definition.js';
import { interpret } from '../interpreter/index.js';
import { lastUses, type Program, type ValueId } from '../program/index.js';
import { bytesOf, hostArrayTypes, NdArray, sizeOf, type NdArrays } from '../tensor/index.js';
import { numbersOf, randomInputs, randomProgram } from '../testing/random-program.js';
import { memoryPlanFaults } from './memory-plan-faults.js';
import { planMemory, type MemoryPlan } from './plan-memory.js';
import { isView, stepsOf, viewedValues, type StepSequence } from './step-sequence.js';

const seeds = Array.from({ length: 60 }, (_, i) => i + 1);
const wide = { shape: [100], dtype: 'f32' } as const;

/** A chain of elementwise ops from a feed: each result may take the place of the one before. */
function chain(): Program {
  const g = new GraphBuilder('chain');
  g.output('y', g.neg(g.tanh(g.sigmoid(g.abs(g.feed('x', wide))))));
  return g.build();
}

const withoutOverwriting = (program: Program): StepSequence => {
  const { steps, ...sequence } = stepsOf(program);
  return { ...sequence, steps: steps.map(({ name, inputs, outputs }) => ({ name, inputs, outputs })) };
};

/** Runs a program in one block of memory, each value at its place in the plan. Only the state lies elsewhere. */
function runInArena(program: Program, plan: MemoryPlan, seed: number): Record<string, number[]> {
  const arena = new ArrayBuffer(plan.bytes);
  const base = viewedValues(program);
  // What nobody wrote shows up as NaN.
  new Float32Array(arena).fill(NaN);
  const { feeds, state } = randomInputs(program, seed);
  const outside = new Map<ValueId, NdArray>();
  const arrayOf = (id: ValueId): NdArray => {
    const known = outside.get(id);
    if (known) return known;
    const { shape, dtype } = program.values[id]!;
    const Data = hostArrayTypes[dtype];
    return new NdArray(shape, dtype, new Data(arena, plan.offsets.get(base[id]!)!, sizeOf(shape)));
  };
  const allocate = ({ shape, dtype }: Pick<NdArray, 'shape' | 'dtype'>) => {
    const Data = hostArrayTypes[dtype];
    return new NdArray(shape, dtype, new Data(sizeOf(shape)));
  };
  for (const node of program.nodes) {
    if (node.kind !== 'op') {
      if (node.kind === 'state') outside.set(node.outputs[0], state[node.name]!);
      else arrayOf(node.outputs[0]).data.set(feeds[node.name]!.data);
    } else if (isView(node)) {
      // Nothing is copied: the value has to lie where the plan says already.
      const base = outside.get(node.inputs[0]!);
      if (base) outside.set(node.outputs[0]!, base.reshape(program.values[node.outputs[0]!]!.shape));
    } else {
      const results = opDefinition(node.op).reference(node.inputs.map(arrayOf), node.attrs, allocate);
      node.outputs.forEach((id, i) => arrayOf(id).data.set(results[i]!.data));
    }
  }
  const results = (ids: Readonly<Record<string, ValueId>>, prefix = '') =>
    Object.entries(ids).map(
      ([name, id]) => [prefix + name, Array.from<number>(arrayOf(id).data)] as [string, number[]],
    );
  return Object.fromEntries([...results(program.outputs), ...results(program.updates, 'update ')]);
}

test.each(seeds)('a run by the plan computes what the interpreter does: random program %i', (seed) => {
  const program = randomProgram(seed);
  const plan = planMemory(stepsOf(program));
  expect(memoryPlanFaults(stepsOf(program), plan)).toEqual([]);
  expect(runInArena(program, plan, seed)).toEqual(numbersOf(program, seed));
});

test('values that are not alive together share their memory', () => {
  const totals = seeds.map((seed) => {
    const program = randomProgram(seed);
    const all = program.nodes
      .filter(({ kind }) => kind !== 'state')
      .flatMap(({ outputs }) => [...outputs])
      .reduce((sum, id) => sum + Math.ceil(bytesOf(program.values[id]!) / 64) * 64, 0);
    return [all, planMemory(withoutOverwriting(program)).bytes, planMemory(stepsOf(program)).bytes] as const;
  });
  const [all, apart, inPlace] = [0, 1, 2].map((i) => totals.reduce((sum, total) => sum + total[i]!, 0));
  expect(apart).toBeLessThan(all! * 0.6);
  expect(inPlace).toBeLessThan(apart!);
});

test('no plan takes less than what is alive at once', () => {
  for (const seed of seeds) {
    const program = randomProgram(seed);
    const { bytes } = planMemory(withoutOverwriting(program));
    expect(bytes).toBeGreaterThanOrEqual(liveBytes(program));
  }
});

/** The most bytes alive at once, where views and the state take none. */
function liveBytes(program: Program): number {
  const dying = lastUses(program);
  const hasOwn = new Set(
    program.nodes
      .filter((node) => node.kind === 'feed' || (node.kind === 'op' && !isView(node)))
      .flatMap(({ outputs }) => [...outputs]),
  );
  const bytes = (id: ValueId) => (hasOwn.has(id) ? bytesOf(program.values[id]!) : 0);
  let [current, peak] = [0, 0];
  program.nodes.forEach(({ outputs }, index) => {
    for (const id of outputs) current += bytes(id);
    peak = Math.max(peak, current);
    for (const id of dying[index]!) current -= bytes(id);
  });
  return peak;
}

test('an elementwise op takes the place of an input that dies', () => {
  const program = chain();
  expect(planMemory(stepsOf(program)).bytes).toBe(448); // 400 bytes, rounded up to 64.
  expect(planMemory(withoutOverwriting(program)).bytes).toBe(896);
});

test('an input that is read later, or is the state’s, keeps its place', () => {
  const g = new GraphBuilder('kept');
  const [x, w] = [g.feed('x', wide), g.state('w', wide)];
  const y = g.tanh(x);
  g.output('y', g.mul(y, x));
  g.update('w', g.neg(w));
  const program = g.build();
  const plan = planMemory(stepsOf(program));
  expect(memoryPlanFaults(stepsOf(program), plan)).toEqual([]);
  const state = program.nodes.find(({ kind }) => kind === 'state')!;
  expect(plan.offsets.has(state.outputs[0]!)).toBe(false);
});

test('a broadcast operand is not overwritten: its elements are read again', () => {
  const g = new GraphBuilder('broadcast');
  const row = g.tanh(g.feed('row', { shape: [1, 100], dtype: 'f32' }));
  g.output('y', g.mul(row, g.constant(1, [1, 1])));
  g.output('z', g.add(g.feed('column', { shape: [100, 1], dtype: 'f32' }), g.constant(1, [100, 1])));
  const program = g.build();
  expect(memoryPlanFaults(stepsOf(program), planMemory(stepsOf(program)))).toEqual([]);
});

test('offsets are aligned as asked', () => {
  for (const alignment of [4, 16, 256]) {
    const program = randomProgram(7);
    const { offsets } = planMemory(stepsOf(program), { alignment });
    for (const offset of offsets.values()) expect(offset % alignment).toBe(0);
    expect(
      memoryPlanFaults(stepsOf(program), planMemory(stepsOf(program), { alignment }), { alignment }),
    ).toEqual([]);
  }
});

test('tensors without elements take no room', () => {
  const g = new GraphBuilder('empty');
  g.output('y', g.tanh(g.feed('x', { shape: [0, 3], dtype: 'f32' })));
  const program = g.build();
  expect(planMemory(stepsOf(program)).bytes).toBe(0);
  expect(memoryPlanFaults(stepsOf(program), planMemory(stepsOf(program)))).toEqual([]);
});

describe('the checker sees', () => {
  /** y = tanh(x) + σ(x): four values, of which three are alive at once. */
  const program = (() => {
    const g = new GraphBuilder('checked');
    const x = g.feed('x', wide);
    g.output('y', g.concat([g.tanh(x), g.sigmoid(x)], 0));
    return g.build();
  })();
  const right = planMemory(stepsOf(program));
  const idOf = (op: string) => program.nodes.find((node) => (node.op ?? node.kind) === op)!.outputs[0]!;
  const moved = (op: string, offset: number | undefined): MemoryPlan => {
    const offsets = new Map(right.offsets);
    if (offset === undefined) offsets.delete(idOf(op));
    else offsets.set(idOf(op), offset);
    return { ...right, offsets };
  };

  test.each<[string, () => MemoryPlan, RegExp]>([
    ['a value without a place', () => moved('tanh', undefined), /has no place/],
    ['a value beyond the end', () => moved('tanh', right.bytes), /out of the arena/],
    ['a value before the beginning', () => moved('tanh', -64), /out of the arena/],
    ['a value between two lines', () => moved('tanh', right.offsets.get(idOf('tanh'))! + 4), /not aligned/],
    [
      'a value that is overwritten before it is read',
      () => moved('sigmoid', right.offsets.get(idOf('tanh'))!),
      /reads value \d+, which was overwritten/,
    ],
    [
      'a partial overlap',
      () => moved('sigmoid', right.offsets.get(idOf('tanh'))! + 64),
      /which was overwritten/,
    ],
    [
      'a result that is written over its own input',
      () => moved('concat', right.offsets.get(idOf('tanh'))!),
      /overwrites value \d+ while it reads it/,
    ],
    ['an arena that is too short', () => ({ ...right, bytes: right.bytes - 64 }), /out of the arena/],
  ])('%s', (_name, plan, fault) => {
    expect(memoryPlanFaults(stepsOf(program), right)).toEqual([]);
    expect(memoryPlanFaults(stepsOf(program), plan())).toContainEqual(expect.stringMatching(fault));
  });

  test('a result that is overwritten after it was computed', () => {
    const g = new GraphBuilder('results');
    const x = g.feed('x', wide);
    g.output('a', g.tanh(x));
    g.output('b', g.sigmoid(x));
    const both = g.build();
    const offsets = new Map(planMemory(stepsOf(both)).offsets);
    offsets.set(both.outputs['b']!, offsets.get(both.outputs['a']!)!);
    const faults = memoryPlanFaults(stepsOf(both), { bytes: 2000, offsets });
    expect(faults).toEqual([`result ${both.outputs['a']} was overwritten.`]);
  });

  test('most random changes to a plan that matters', () => {
    let [caught, harmful] = [0, 0];
    for (const seed of seeds.slice(0, 30)) {
      const one = randomProgram(seed);
      const plan = planMemory(withoutOverwriting(one));
      const expected = numbersOf(one, seed);
      const ids = [...plan.offsets.keys()];
      for (let i = 0; i < 5; i++) {
        const [id, other] = [ids[(i * 7 + seed) % ids.length]!, ids[(i * 3 + seed * 5) % ids.length]!];
        const wrong = {
          bytes: plan.bytes + 4096,
          offsets: new Map(plan.offsets).set(id, plan.offsets.get(other)!),
        };
        const differs = JSON.stringify(runInArena(one, wrong, seed)) !== JSON.stringify(expected);
        const faults = memoryPlanFaults(withoutOverwriting(one), wrong);
        // Every plan that changes a number is caught.
        if (differs) expect(faults).not.toEqual([]);
        harmful += Number(differs);
        caught += Number(faults.length > 0);
      }
    }
    expect(harmful).toBeGreaterThan(20);
    expect(caught).toBeGreaterThanOrEqual(harmful);
  });
});

test('the interpreter agrees with itself: the inputs of the comparison are the same', () => {
  const program = randomProgram(3);
  const inputs: { feeds: NdArrays; state: NdArrays } = randomInputs(program, 3);
  expect([...interpret(program, inputs).outputs['y0']!.data]).toEqual(numbersOf(program, 3)['y0']);
});
