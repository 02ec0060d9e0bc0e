import { commitFaults, type GraphBuilder } from '@attune/core';
import { rules } from '../rules/index.js';
import { RuleGraph } from '../steps/graph.js';
import { programOf } from '../testing/kernels.js';
import { selectSteps, type Selection } from './select.js';
import { planUpdates, savedTensors, updateSequence } from './updates.js';

const spec = { shape: [4], dtype: 'f32' } as const;

/** The updates of a program by what becomes of them; a copy of a saved tensor is a value that no step computes. */
function updatesOf(build: (g: GraphBuilder) => void) {
  const program = programOf(build);
  const graph = new RuleGraph(program);
  const saved = savedTensors(graph);
  const kept = (id: number) => {
    const node = graph.producer(id);
    return node.kind === 'state' && saved.has(node.name) ? program.values.length + id : id;
  };
  const selection = selectSteps(graph, rules) as Selection;
  const sequence = updateSequence(graph, selection, kept);
  const { inPlace, copies } = planUpdates(graph, selection, sequence);
  const commits = selection.steps.map(({ step }) => step.outputs.flatMap((id) => inPlace.get(id) ?? []));
  const together = copies.map(({ name }) => name);
  return {
    inPlace: [...inPlace.values()],
    copied: together,
    saved: [...saved],
    faults: commitFaults(sequence, { commits, together }),
  };
}

test('a tensor is replaced in place by the last step that reads it', () => {
  const plan = updatesOf((g) => {
    const [w, x] = [g.state('w', spec), g.feed('x', spec)];
    g.update('w', g.sub(w, x));
  });
  expect(plan).toEqual({ inPlace: ['w'], copied: [], saved: [], faults: [] });
});

test('one that a later step reads is copied at the end', () => {
  const plan = updatesOf((g) => {
    const w = g.state('w', { shape: [4, 4], dtype: 'f32' });
    const product = g.matmul(w, w);
    g.update('w', product);
    g.update('v', g.matmul(product, w));
  });
  expect(plan).toMatchObject({ inPlace: ['v'], copied: ['w'], faults: [] });
});

test('a product cannot be written where its operand lies', () => {
  const plan = updatesOf((g) => {
    const w = g.state('w', { shape: [4, 4], dtype: 'f32' });
    g.update('w', g.matmul(w, w));
  });
  expect(plan).toMatchObject({ inPlace: [], copied: ['w'], faults: [] });
});

test('what the guard depends on is computed beside its tensor', () => {
  const plan = updatesOf((g) => {
    const [w, v] = [g.state('w', spec), g.state('v', spec)];
    const next = g.exp(w);
    g.update('w', next);
    g.update('v', g.neg(v));
    g.output('next', next);
    g.guard('finite', g.less(g.sum(next), 1e9));
  });
  expect(plan).toMatchObject({ inPlace: ['v'], copied: ['w'], faults: [] });
});

test('old values that are results are saved: of an output, and of tensors that change places', () => {
  const plan = updatesOf((g) => {
    const [a, b, c] = ['a', 'b', 'c'].map((name) => g.state(name, spec));
    g.update('a', b!);
    g.update('b', a!);
    g.update('c', g.neg(c!));
    g.output('before', c!);
  });
  expect(plan).toMatchObject({ inPlace: ['c'], copied: ['a', 'b'], faults: [] });
  expect(plan.saved.sort()).toEqual(['a', 'b', 'c']);
});
