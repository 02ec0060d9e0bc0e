import { hostTensor, item, type CausalLm, type State } from '@attune/core';
import { initialize } from '@attune/nn';
import { assert } from '../../assertions/assert.js';
import { expectAgreement, expectAllClose, expectNumber } from '../../assertions/close.js';
import { tolerances } from '../../assertions/tolerances.js';
import {
  causalLmBatch,
  causalLmRuns,
  causalLmSetup,
  causalLmSpec,
  loadCausalLmRun,
  packedProgram,
  tokenProgram,
  whereReal,
  type CausalLmCase,
  type CausalLmRun,
} from '../../training/causal-lm-run.js';
import { inspectProgram, stepProgram, type TrainingSetup } from '../../training/step-programs.js';
import { testPrograms, withCompiled, withState, type SuiteContext } from '../shared/context.js';
import { checkSteps, scalarsOf } from '../shared/pinned-steps.js';

/** Before any step: logits, the loss, and every gradient. Then ten steps: each loss. */
async function checkTraining(
  { backend }: SuiteContext,
  run: CausalLmRun,
  setup: TrainingSetup,
  state: State,
): Promise<void> {
  const allowed = tolerances[backend.capabilities.precision];
  await withCompiled(backend, state, [inspectProgram(setup), stepProgram(setup)], async (inspect, step) => {
    const { logits, numerator, count, ...gradients } = await inspect!.run(causalLmBatch(run, setup, 0));
    const [first] = run.case.steps;
    const { real } = run.tensors;
    expectAllClose(
      whereReal(logits!, real!),
      whereReal(run.tensors['logits']!, real!),
      { atol: allowed.logits },
      'logits',
    );
    expectNumber(item(count), first!.count, 0, 'count');
    expectNumber(item(numerator) / item(count), first!.loss, allowed.loss, 'loss');
    for (const { name } of setup.model.parameters) {
      const { data, shape } = gradients[`grad.${name}`]!;
      const mean = hostTensor(
        'f32',
        shape,
        Float32Array.from(data, (value) => value / first!.count),
      );
      expectAgreement(mean, run.tensors[`grad.${name}`]!, first!.gradNorm, `grad.${name}`, allowed);
    }
    await checkSteps(run.case.steps, allowed, (i) =>
      step!.run({ ...causalLmBatch(run, setup, i), ...scalarsOf(setup, i) }),
    );
  });
}

/** Several documents in a row: each has the logits that it has alone. */
async function checkPacked(
  { backend }: SuiteContext,
  run: CausalLmRun,
  model: CausalLm,
  state: State,
): Promise<void> {
  const fields = ['x', 'positions', 'documents'].map(
    (field) => [field, run.tensors[`packed.${field}`]!] as const,
  );
  await withCompiled(backend, state, [packedProgram(model, fields[0]![1])], async (packed) => {
    const { logits } = await packed!.run(Object.fromEntries(fields));
    const { logits: atol } = tolerances[backend.capabilities.precision];
    expectAllClose(logits!, run.tensors['packed.logits']!, { atol }, 'logits of packed rows');
  });
}

/** The most likely tokens, one after the other, with the cache: each of the continuation's, to the tolerance of logits. */
async function checkGreedy(
  { backend }: SuiteContext,
  run: CausalLmRun,
  model: CausalLm,
  state: State,
): Promise<void> {
  const { prompt, continuation } = run.case.greedy;
  await withCompiled(backend, state, [tokenProgram(model)], async (token) => {
    const ids = [...prompt, ...continuation];
    const allowed = 2 * tolerances[backend.capabilities.precision].logits;
    for (let at = 0; at < ids.length - 1; at++) {
      const [x, positions] = [ids[at]!, at].map((value) => hostTensor('i32', [1, 1], [value]));
      const { logits } = await token!.run({ x: x!, positions: positions! });
      if (at < prompt.length - 1) continue;
      const next = ids[at + 1]!;
      const behind = Math.max(...logits!.data) - logits!.data[next]!;
      assert(
        behind <= allowed,
        `Token ${next} is the most likely one at ${at + 1}, but comes out ${behind} below.`,
      );
    }
  });
}

/** Tiny models of each family against transformers: forward, backward, ten steps, packed rows, and generation. */
export function describePyTorchCausalLms(context: SuiteContext): void {
  context.runner.describe('transformers: decoders', () => {
    // The programs decide about skips before the fixtures are there; the ops are those of any configuration.
    const sample = causalLmSetup(sampleCase);
    const model = sample.model as CausalLm;
    const programs = [inspectProgram(sample), stepProgram(sample), tokenProgram(model)];
    for (const name of causalLmRuns) {
      testPrograms(
        context,
        `${name}: ten steps, packed documents, a greedy continuation`,
        programs,
        async () => {
          const run = await loadCausalLmRun(context.fixtures, name);
          const setup = causalLmSetup(run.case);
          const decoder = setup.model as CausalLm;
          await withState(context.backend, causalLmSpec(setup), async (state) => {
            await state.write({ ...run.init, ...initialize(decoder.buffers, 0) });
            await checkPacked(context, run, decoder, state);
            await checkGreedy(context, run, decoder, state);
            await checkTraining(context, run, setup, state);
          });
        },
      );
    }
  });
}

/** A case with every op that the fixtures' have. */
const sampleCase: Omit<CausalLmCase, 'steps' | 'greedy'> = {
  config: {
    family: 'qwen3',
    vocabSize: 29,
    blockSize: 32,
    maxPositions: 32,
    nLayer: 1,
    nHead: 4,
    nKvHead: 2,
    headDim: 4,
    nEmbd: 16,
    intermediateSize: 20,
    rmsNormEpsilon: 1e-5,
    rope: { theta: 10_000, scaling: { type: 'default' } },
    attentionBias: 'none',
    mlpBias: false,
    qkNorm: true,
    slidingWindow: { size: 4, layers: [0] },
    tieEmbeddings: false,
    attentionDropout: 0,
    initializerRange: 0.02,
  },
  optimizer: { learningRate: 1e-3, beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1, gradClip: 1 },
  batch: { rows: 3, length: 12 },
};
