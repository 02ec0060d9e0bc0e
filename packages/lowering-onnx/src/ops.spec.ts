import {
  expectValue,
  forwardProgram,
  gradientProgram,
  inputsOf,
  opCases,
  truth,
  withRandomGradients,
  type OpCase,
} from '@attune/backend-testkit';
import type { HostTensors, Program } from '@attune/core';
import type { Target } from './index.js';
import { runModel } from './testing/run-model.js';

/**
 * Every op and every gradient, on onnxruntime's CPU provider, as they are written where no conformance kit may run. For
 * `cpu` they are compared with the same truth by the backend.
 */
async function expectTruth(program: Program, feeds: HostTensors, target: Target): Promise<void> {
  const results = await runModel(program, { target }, feeds);
  // The loss of a gradient's program is a sum of many terms that cancel; only its gradients are asked about.
  const { loss: _loss, ...outputs } = truth(program, feeds).outputs;
  for (const [name, expected] of Object.entries(outputs)) {
    expectValue(results[name]!, expected, name);
  }
}

describe.each<Target>(['webgpu', 'portable'])('for %s', (target) => {
  describe.each(Object.entries(opCases))('%s', (_family, cases) => {
    test.each(cases.map((one): [string, OpCase] => [one.name, one]))('%s', async (_name, one) => {
      await expectTruth(forwardProgram(one), inputsOf(one), target);
      if (one.wrt?.length === 0 || !Object.values(one.inputs).some(({ dtype }) => dtype === 'f32')) return;
      const program = gradientProgram(one.name, one.inputs, one.compute, one.wrt);
      await expectTruth(program, withRandomGradients(program, inputsOf(one)), target);
    });
  });
});
