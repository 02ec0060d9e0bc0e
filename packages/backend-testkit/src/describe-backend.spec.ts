import { jest } from '@jest/globals';
import { engineBackend, type Backend, type Program } from '@attune/core';
import { describeBackend } from './describe-backend.js';
import { Recorder, runRecorded } from './kit/recorder.js';
import { fixtures } from './node/index.js';
import { interpreterEngine, primitiveOps, type Fault } from './testing/interpreter-engine.js';

/** The kit's verdict on an engine that is wrong in one way, by the tests whose names match. */
const verdict = (fault: Fault, only: RegExp) =>
  verdictOn(() => engineBackend(interpreterEngine(fault)), only);

async function verdictOn(make: () => Backend, only: RegExp) {
  const runner = new Recorder();
  const create = async () => make();
  await describeBackend({ name: 'broken', create, runner, fixtures });
  const { passed, failed, skipped } = await runRecorded(runner, { only, hooks: false });
  return { passed, skipped, failed: failed.map(({ name, message }) => `${name}: ${message}`) };
}

/** The program with the attributes of an op changed. */
const changed =
  (op: string, attrs: Readonly<Record<string, number | boolean>>) =>
  (program: Program): Program => ({
    ...program,
    nodes: program.nodes.map((node) =>
      node.op === op ? { ...node, attrs: { ...node.attrs, ...attrs } } : node,
    ),
  });

/** The program with an op replaced by another of the same signature. */
const replaced =
  (op: string, by: 'exp' | 'add' | 'less') =>
  (program: Program): Program => ({
    ...program,
    nodes: program.nodes.map((node) => (node.op === op ? { ...node, op: by } : node)),
  });

describe('catches an engine', () => {
  test.each<[string, Fault, RegExp, RegExp]>([
    [
      'whose tanh is another function',
      { rewrite: replaced('tanh', 'exp') },
      /tanh/,
      /tanh f32\[37\]: result\.0: 3[67] of 37 elements are off; the worst is at/,
    ],
    [
      'whose comparison is strict',
      { rewrite: replaced('lessEqual', 'less') },
      /lessEqual/,
      /lessEqual.*result\.0/,
    ],
    [
      'whose attention is not causal',
      { rewrite: changed('attention', { causal: false }) },
      /attention/,
      /attention f32\[4, 3\] causal: result/,
    ],
    [
      'whose layer-norm gradient has another epsilon',
      { rewrite: changed('layerNormGrad', { epsilon: 0.01 }) },
      /layerNorm/,
      /gradient of layerNorm/,
    ],
    [
      'whose cross-entropy ignores nothing',
      { rewrite: changed('softmaxCrossEntropyGrad', { ignoreIndex: -1 }) },
      /CrossEntropy/,
      /gradient of softmaxCrossEntropy f32\[5, 4\]/,
    ],
    [
      'whose AdamW has a constant baked in',
      { rewrite: changed('adamW', { beta2: 0.9 }) },
      /PyTorch: optimizers/,
      /adamw: five steps: .*after step 1/,
    ],
    [
      'whose training drifts',
      { rewrite: changed('adamW', { weightDecay: 0.2 }) },
      /PyTorch: training.*bias_gelu_new/,
      /bias_gelu_new/,
    ],
    [
      'whose dropout has another stream',
      { rewrite: changed('bernoulli', { stream: 0 }) },
      /keepMask/,
      /mask of seed 0, stream 3/,
    ],
    [
      'that replays the feeds of the run before',
      { feeds: (feeds, previous) => previous ?? feeds },
      /runs/,
      /each sees its own feeds/,
    ],
    ['that never frees', { leaks: true }, /memory|gives it back/, /leave memory\(\) as it was/],
    ['whose reads are views', { aliases: true }, /State/, /what is read is a copy/],
    [
      'that hides its failures',
      { silent: true },
      /poisons/,
      /none of the kit’s own runs fails on this backend/,
    ],
  ])('%s', async (_name, fault, only, expected) => {
    const { failed } = await verdict(fault, only);
    expect(failed.join('\n')).toMatch(expected);
  });

  test('that loses additions, sums carelessly or is not as deterministic as it says', async () => {
    let runs = 0;
    const nudged = (by: number): Fault => ({
      results: (name, array) =>
        name === 'table' || name === 'sum' || name === 'w1'
          ? array.map((x) => x * (1 + by * (++runs % 7)))
          : array,
    });
    const { failed } = await verdict(nudged(2e-5), /numerics/);
    expect(failed.map((text) => text.split(' › ')[2]?.split(':')[0])).toEqual([
      'ten million numbers are summed to a relative error of 1e-5',
      'no addition is lost to a race, in 50 runs with many duplicates',
      'fractions scattered into few rows stay right, and equal where deterministic',
    ]);
    expect((await verdict(nudged(1e-6), /same bits/)).failed).toHaveLength(1);
  });
});

test('what a backend says it cannot do is skipped with its reason, and nothing else', async () => {
  const capabilities = { unsupported: { erf: 'no kernel in 4.22' }, deterministic: false } as const;
  const native = primitiveOps.filter((op) => op !== 'erf');
  const { passed, failed, skipped } = await verdict({ capabilities, native }, /erf|tanh f32|same bits/);
  expect(failed).toEqual([]);
  expect(skipped).toContain(
    'backend "broken" › ops: elementwise › erf f32[37] (not supported: erf: no kernel in 4.22)',
  );
  expect(skipped.filter((name) => !/erf: no kernel|has no such dtype/.test(name))).toEqual([
    'backend "broken" › a hundred steps › twice from the same start, give the same bits (capabilities.deterministic is false)',
    'backend "broken" › ownership › a State that is read and written into another one goes on, bit for bit (capabilities.deterministic is false)',
  ]);
  expect(passed.some((name) => name.includes('tanh'))).toBe(true);
  expect(passed.filter((name) => name.includes('erf'))).toEqual([
    'backend "broken" › compile › refuses erf, which the backend lacks, with the reason',
  ]);
});

test('a backend that brings a copy of core of its own passes: errors of either copy are errors', async () => {
  jest.resetModules();
  // By a variable: to lint, a package that is imported by its name is one that is loaded lazily everywhere.
  const core: string = '@attune/core';
  const { engineBackend: another } = (await import(core)) as { engineBackend: typeof engineBackend };
  expect(another).not.toBe(engineBackend);
  const only = /State|Executable|compile|› run|guards|isolation|disposed/;
  const { passed, failed } = await verdictOn(() => another(interpreterEngine()), only);
  expect(failed).toEqual([]);
  expect(passed.length).toBeGreaterThan(35);
});

// Every composite is decomposed here: their bodies against everything the kit knows.
await describeBackend({
  name: 'an engine of primitive ops only',
  create: async () => engineBackend(interpreterEngine({ native: primitiveOps })),
  runner: { describe, test, beforeAll, afterAll },
  fixtures,
});
