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
import type { Backend, HostTensors, Program } from '@attune/core';
import { createCpuBackend } from './testing/cpu-engine.js';

/** The common rules, on tfjs' JavaScript kernels, against core's interpreter. Backends run the whole conformance kit. */
let backend: Backend;
beforeAll(async () => {
  backend = await createCpuBackend();
});

async function expectTruth(program: Program, feeds: HostTensors): Promise<void> {
  const state = await backend.allocate({});
  const executable = await backend.compile(program, state);
  const results = await executable.run(feeds);
  // The loss of a gradient's program is a sum of many terms that cancel; only its gradients are asked about.
  const { loss: _loss, ...outputs } = truth(program, feeds).outputs;
  for (const [name, expected] of Object.entries(outputs)) {
    expectValue(results[name]!, expected, name);
  }
  executable.dispose();
  state.dispose();
  expect(backend.memory()).toEqual({ bytes: 0, buffers: 0 });
}

describe.each(Object.entries(opCases))('%s', (_family, cases) => {
  test.each(cases.map((one): [string, OpCase] => [one.name, one]))('%s', async (_name, one) => {
    await expectTruth(forwardProgram(one), inputsOf(one));
    if (one.wrt?.length === 0 || !Object.values(one.inputs).some(({ dtype }) => dtype === 'f32')) return;
    const program = gradientProgram(one.name, one.inputs, one.compute, one.wrt);
    await expectTruth(program, withRandomGradients(program, inputsOf(one)));
  });
});
