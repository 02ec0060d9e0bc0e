import { conformanceReport } from '@attune/backend-testkit';
import { fixtures } from '@attune/backend-testkit/node';
import { creatorOf } from './devices.js';

/** The tests of the kit that compare whole training runs with PyTorch's, step by step. */
const trajectories = /PyTorch: (?:training|optimizers)/;

const parts = {
  trajectories: (name) => trajectories.test(name),
  kit: (name) => !trajectories.test(name),
};

/** Chooses the tests to run, and tells of each before it begins: one that ends the process is known by that. */
class Choice extends RegExp {
  constructor(chosen, tell) {
    super('');
    this.chosen = chosen;
    this.tell = tell;
  }

  test(name) {
    const chosen = this.chosen(name);
    if (chosen) this.tell({ begun: name });
    return chosen;
  }
}

/** The module that makes a run fail on a backend: one for tests, which the build leaves out. */
async function failingRunOf(backend) {
  if (backend !== 'webgpu') return {};
  const module = '../../node_modules/@attune/backend-webgpu/dist/testing/breakable.js';
  return { failingRun: (await import(module)).failingRun };
}

/** Runs a part of the conformance kit but for the tests `without`, and tells of each test as it begins and ends. */
export async function conformance({ device, part, without = [] }, tell) {
  const left = new Set(without);
  const { capabilities } = await conformanceReport({
    name: device.backend,
    create: await creatorOf(device),
    fixtures,
    only: new Choice((name) => parts[part](name) && !left.has(name), tell),
    // Skipped tests are told of as they are registered, those of the other part too, and by every process.
    onTest: ({ name, state, reason }) => {
      if (state === 'skipped' && (left.size > 0 || !parts[part](name))) return;
      tell({ test: { name, state, ...(reason && { reason }) } });
    },
    ...(await failingRunOf(device.backend)),
  });
  return { precision: capabilities.precision };
}
