import { expectCase, opCases, type OpCase } from '@attune/backend-testkit';
import type { Backend, HostTensors, Program } from '@attune/core';
import { createCpuBackend } from './testing/cpu-engine.js';

/** The common rules, on tfjs' JavaScript kernels, against core's interpreter. Backends run the whole conformance kit. */
let backend: Backend;
beforeAll(async () => {
  backend = await createCpuBackend();
});

async function run(program: Program, feeds: HostTensors): Promise<HostTensors> {
  const state = await backend.allocate({});
  const executable = await backend.compile(program, state);
  const results = await executable.run(feeds);
  executable.dispose();
  state.dispose();
  expect(backend.memory()).toEqual({ bytes: 0, buffers: 0 });
  return results;
}

describe.each(Object.entries(opCases))('%s', (_family, cases) => {
  test.each(cases.map((one): [string, OpCase] => [one.name, one]))('%s', (_name, one) =>
    expectCase(one, run),
  );
});
