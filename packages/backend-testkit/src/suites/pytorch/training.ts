import { hostTensor, item, type Executable, type HostTensors, type State } from '@attune/core';
import { expectAgreement, expectAllClose, expectNumber } from '../../assertions/close.js';
import { tolerances, type Tolerances } from '../../assertions/tolerances.js';
import { loadTensors } from '../../fixtures/fixtures.js';
import { adamWOf, sgdOf } from '../../training/pinned-optimizer.js';
import { loadRun, microBatchOf, setupOf, withoutKeyBias, type PinnedRun } from '../../training/pinned-run.js';
import {
  accumulateStepProgram,
  applyStepProgram,
  inspectProgram,
  stepProgram,
  trainingSpec,
  type TrainingSetup,
} from '../../training/step-programs.js';
import { testPrograms, withCompiled, withState, type SuiteContext } from '../shared/context.js';
import { checkSteps, scalarsOf } from '../shared/pinned-steps.js';

/** Before any step: logits, the loss, and every gradient. */
async function checkStep0(
  run: PinnedRun,
  setup: TrainingSetup,
  inspect: Executable,
  allowed: Tolerances,
): Promise<void> {
  const { microBatches } = run.case.batch;
  const first = run.case.steps[0]!;
  const results: HostTensors[] = [];
  for (let micro = 0; micro < microBatches; micro++) {
    results.push(await inspect.run(microBatchOf(run, setup, 0, micro)));
  }
  const total = (name: string) => results.reduce((sum, result) => sum + item(result[name]), 0);
  expectNumber(total('count'), first.count, 0, 'count');
  expectNumber(total('numerator') / first.count, first.loss, allowed.loss, 'loss');
  const { logits, ...gradients } = run.step0;
  const got = hostTensor(
    'f32',
    logits!.shape,
    results.flatMap((result) => [...result['logits']!.data]),
  );
  expectAllClose(got, logits!, { atol: allowed.logits }, 'logits');
  for (const [name, expected] of Object.entries(gradients)) {
    const sum = expected.data.map(
      (_, i) => results.reduce((s, result) => s + result[name]!.data[i]!, 0) / first.count,
    );
    expectAgreement({ ...expected, data: sum }, expected, first.gradNorm, name, allowed);
  }
}

/** Parameters and moments after the last step. */
async function checkFinal(
  run: PinnedRun,
  state: State,
  final: HostTensors,
  allowed: Tolerances,
): Promise<void> {
  const read = await state.read(Object.keys(final));
  for (const [name, expected] of Object.entries(final)) {
    const norm = run.case.steps.at(-1)!.gradNorm;
    expectAgreement(withoutKeyBias(name, read[name]!), withoutKeyBias(name, expected), norm, name, allowed);
  }
}

/** A tiny GPT-2, trained for ten steps by PyTorch: every number on the way. */
export function describePyTorchTraining(context: SuiteContext): void {
  const { backend, fixtures, runner } = context;
  const allowed = tolerances[backend.capabilities.precision];
  // The programs decide about skips before the fixtures are there; the ops are those of any configuration.
  const sample = setupOf(sampleCase, adamWOf(sampleCase), true, 1);

  const onState = (run: PinnedRun, setup: TrainingSetup, body: (state: State) => Promise<void>) =>
    withState(backend, trainingSpec(setup), async (state) => {
      await state.write(run.init);
      await body(state);
    });

  runner.describe('PyTorch: training a GPT-2', () => {
    const single: readonly (readonly [name: string, masked: boolean])[] = [
      ['bias_gelu_new', false],
      ['nobias_gelu', false],
      ['masked', true],
    ];
    for (const [name, masked] of single) {
      testPrograms(
        context,
        `${name}: step 0, then ten steps of AdamW`,
        [inspectProgram(sample), stepProgram(sample)],
        async () => {
          const run = await loadRun(fixtures, name);
          const setup = setupOf(run.case, adamWOf(run.case), masked, run.case.optimizer.gradClip);
          await onState(run, setup, (state) =>
            withCompiled(
              backend,
              state,
              [inspectProgram(setup), stepProgram(setup)],
              async (inspect, step) => {
                await checkStep0(run, setup, inspect!, allowed);
                await checkSteps(run.case.steps, allowed, (i) =>
                  step!.run({ ...microBatchOf(run, setup, i, 0), ...scalarsOf(setup, i) }),
                );
                if (name !== 'bias_gelu_new') return;
                await checkFinal(
                  run,
                  state,
                  await loadTensors(fixtures, `gpt2_training_${name}/final.safetensors`),
                  allowed,
                );
              },
            ),
          );
        },
      );
    }

    testPrograms(
      context,
      'nobias_gelu: ten steps of SGD with momentum and clipping',
      [stepProgram(sample)],
      async () => {
        const run = await loadRun(fixtures, 'nobias_gelu');
        const setup = setupOf(run.case, sgdOf(run.case.sgd!), false, run.case.sgd!.gradClip);
        await onState(run, setup, (state) =>
          withCompiled(backend, state, [stepProgram(setup)], (step) =>
            checkSteps(run.case.sgd!.steps, allowed, (i) =>
              step!.run({ ...microBatchOf(run, setup, i, 0), ...scalarsOf(setup, i) }),
            ),
          ),
        );
      },
    );

    const accumulation = [inspectProgram, accumulateStepProgram, applyStepProgram];
    testPrograms(
      context,
      'accumulation: ten steps of four micro-batches with masks of unequal length',
      accumulation.map((build) => build(sample)),
      async () => {
        const run = await loadRun(fixtures, 'accumulation');
        const setup = setupOf(run.case, adamWOf(run.case), true, run.case.optimizer.gradClip);
        await onState(run, setup, (state) =>
          withCompiled(
            backend,
            state,
            accumulation.map((build) => build(setup)),
            async (inspect, accumulate, apply) => {
              await checkStep0(run, setup, inspect!, allowed);
              await checkSteps(run.case.steps, allowed, (i) => {
                for (let micro = 0; micro < run.case.batch.microBatches; micro++) {
                  // Not awaited: queued before the step's end, on the same State.
                  accumulate!.run(microBatchOf(run, setup, i, micro)).catch(() => undefined);
                }
                return apply!.run(scalarsOf(setup, i));
              });
            },
          ),
        );
      },
    );

    testPrograms(
      context,
      'masked: a mask of ones and no mask count ignored targets differently',
      [inspectProgram(sample)],
      async () => {
        const run = await loadRun(fixtures, 'masked');
        for (const masked of [true, false]) {
          const setup = setupOf(run.case, adamWOf(run.case), masked, 1);
          await onState(run, setup, (state) =>
            withCompiled(backend, state, [inspectProgram(setup)], async (inspect) => {
              const batch = microBatchOf(run, setup, 0, 0);
              batch['lossMask']?.data.fill(1);
              const { numerator, count } = await inspect!.run(batch);
              const expected = masked ? run.case.overlap!.onesMaskLoss : run.case.overlap!.noMaskLoss;
              expectNumber(
                item(numerator) / item(count),
                expected,
                allowed.loss,
                masked ? 'mask of ones' : 'no mask',
              );
            }),
          );
        }
      },
    );
  });
}

/** A configuration like those of the fixtures. */
const sampleCase: PinnedRun['case'] = {
  config: {
    vocabSize: 29,
    blockSize: 16,
    nLayer: 1,
    nHead: 2,
    nEmbd: 16,
    bias: true,
    activationFunction: 'gelu',
    layerNormEpsilon: 1e-5,
    ignoreIndex: -100,
  },
  batch: { steps: 10, microBatches: 1, batchSize: 4 },
  optimizer: {
    beta1: 0.9,
    beta2: 0.95,
    eps: 1e-8,
    weightDecay: 0.1,
    schedule: { peak: 1e-3, min: 1e-4, warmupIters: 3, decayIters: 10 },
    gradClip: 1,
  },
  steps: [],
};
