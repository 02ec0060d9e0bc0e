import { GraphBuilder, item, type Model, type Program, type TensorSpecs } from '@attune/core';
import { expectAgreement, expectAllClose } from '../../assertions/close.js';
import { tolerances } from '../../assertions/tolerances.js';
import { cnnBatch, cnnRuns, cnnSetup, loadCnn, sampleCnnCase } from '../../training/pinned-cnn.js';
import { inspectProgram, stepProgram, trainingSpec } from '../../training/step-programs.js';
import { testPrograms, withCompiled, withState, type SuiteContext } from '../shared/context.js';
import { checkSteps, scalarsOf } from '../shared/pinned-steps.js';

/** The logits of a batch in `eval()`. */
function evaluationProgram(model: Model, batch: TensorSpecs): Program {
  const g = new GraphBuilder('evaluation');
  const fields = Object.fromEntries(Object.entries(batch).map(([name, spec]) => [name, g.feed(name, spec)]));
  g.output('logits', model.eval().forward(g, fields)['logits']!);
  model.train();
  return g.build();
}

/** A small convolutional classifier, trained for ten steps by PyTorch: every number on the way, running statistics too. */
export function describePyTorchCnn(context: SuiteContext): void {
  const { backend, fixtures, runner } = context;
  const allowed = tolerances[backend.capabilities.precision];
  // Of two pixels that bf16 no longer distinguishes, max-pooling may take the other one: its gradient goes elsewhere, and
  // the run with it. What comes before any gradient is compared all the same.
  const chooses = backend.capabilities.precision !== 'bf16';
  runner.describe('PyTorch: training a convolutional classifier', () => {
    for (const name of ['adamW', 'sgd'] as const) {
      const { optimizer, gradClip } = cnnRuns(sampleCnnCase)[name];
      const sample = cnnSetup(sampleCnnCase, optimizer, gradClip);
      const programs = [
        inspectProgram(sample),
        stepProgram(sample),
        evaluationProgram(sample.model, sample.batch),
      ];
      testPrograms(context, `step 0, then ten steps of ${name}`, programs, async () => {
        const run = await loadCnn(fixtures);
        const { steps } = name === 'sgd' ? run.case.sgd : run.case;
        const own = cnnRuns(run.case)[name];
        const setup = cnnSetup(run.case, own.optimizer, own.gradClip);
        await withState(backend, trainingSpec(setup), async (state) => {
          await state.write(run.init);
          await withCompiled(
            backend,
            state,
            [inspectProgram(setup), stepProgram(setup), evaluationProgram(setup.model, setup.batch)],
            async (inspect, step, evaluation) => {
              const first = await inspect!.run(cnnBatch(run, setup, 0));
              const { logits, ...gradients } = run.step0;
              expectAllClose(first['logits']!, logits!, { atol: allowed.logits }, 'logits');
              for (const [key, expected] of chooses ? Object.entries(gradients) : []) {
                const mean = { ...expected, data: first[key]!.data.map((x) => x / item(first['count'])) };
                expectAgreement(mean, expected, steps[0]!.gradNorm, key, allowed);
              }
              // Looking at a batch in train() has moved the statistics.
              await state.write(run.init);
              await checkSteps(chooses ? steps : [{ loss: steps[0]!.loss }], allowed, (i) =>
                step!.run({ ...cnnBatch(run, setup, i), ...scalarsOf(setup, i) }),
              );
              if (!chooses) return;
              const { evalLogits, ...final } = name === 'sgd' ? run.sgd : run.final;
              const read = await state.read(Object.keys(final));
              for (const [key, expected] of Object.entries(final)) {
                expectAgreement(read[key]!, expected, steps.at(-1)!.gradNorm, key, allowed);
              }
              if (!evalLogits) return;
              const evaluated = await evaluation!.run(cnnBatch(run, setup, 0));
              expectAllClose(evaluated['logits']!, evalLogits, { atol: allowed.logits }, 'logits in eval()');
            },
          );
        });
      });
    }
  });
}
