import { engineBackend, type Backend, type ProductPrecision } from '@attune/core';
import { describeBackend } from './describe-backend.js';
import { Recorder, runRecorded } from './kit/recorder.js';
import { fixtures } from './node/index.js';
import { commitAll, interpreterEngine } from './testing/interpreter-engine.js';
import {
  lackingBackend,
  lackingBugs,
  plantedBugs,
  plantedBugsOf,
  roundingBackend,
  type PlantedBug,
} from './testing/planted-bugs/index.js';
import { switchingBackend } from './testing/switching-backend.js';

const right = (precision: ProductPrecision) => (): Backend =>
  engineBackend(interpreterEngine({ capabilities: { precision } }));

/** The kit for backends like this one, registered once; the backend under it is exchanged. */
async function kitFor(like: () => Backend) {
  const runner = new Recorder();
  const { create, use } = switchingBackend(like);
  await describeBackend({ name: 'planted', create, runner, fixtures });
  return async (make: () => Backend, only: RegExp) => {
    use(make);
    return runRecorded(runner, { only, hooks: false });
  };
}

/** The tests that take no long training runs and no millions of elements: `describe-backend.spec.ts` runs all of it. */
const quick =
  /precision of products|ops: (matmul|extremes)|of large|attention|isolation|ownership|memory|differ in one|empty|guards|State|views|compile|a run that fails|NaN|disposed|bias_gelu_new|hf_decoder_qwen3|step 0, then ten steps of/;

/** Every bug is planted alone in a backend that is right, and a test of the kit has to see it. */
describe.each<[ProductPrecision, readonly PlantedBug[]]>([
  ['f32', plantedBugs],
  ['tf32', plantedBugsOf.tf32],
  ['bf16', plantedBugsOf.bf16],
])('of a backend whose products are %s', (precision, bugs) => {
  const kit = kitFor(right(precision));

  test.each(bugs.map((one) => [one.bug, one] as const))(
    'the kit catches: %s',
    async (_bug, { create, caughtBy }) => {
      const run = await kit;
      const { failed } = await run(create, caughtBy);
      expect(failed).not.toEqual([]);
    },
  );

  test('a backend without a bug passes the same tests', async () => {
    const run = await kit;
    const { failed, passed } = await run(
      precision === 'f32' ? right('f32') : roundingBackend(precision),
      quick,
    );
    expect(failed).toEqual([]);
    expect(passed.length).toBeGreaterThan(50);
  });

  test('one that commits in place passes them as well', async () => {
    const run = await kit;
    const engine = () => interpreterEngine({ commits: commitAll, capabilities: { precision } });
    const { failed, passed } = await run(
      () => engineBackend(engine()),
      /isolation|guards|State|views|a run that fails/,
    );
    expect(failed).toEqual([]);
    expect(passed.length).toBeGreaterThan(15);
  });
});

describe('of a backend that lacks ops', () => {
  const kit = kitFor(() => lackingBackend());

  test.each(lackingBugs.map((one) => [one.bug, one] as const))('the kit catches: %s', async (_bug, one) => {
    const run = await kit;
    const { failed } = await run(one.create, one.caughtBy);
    expect(failed).toHaveLength(1);
  });

  test('one that refuses them passes', async () => {
    const run = await kit;
    const { failed, passed } = await run(() => lackingBackend(), /compile/);
    expect(failed).toEqual([]);
    expect(passed.length).toBeGreaterThan(7);
  });
});
