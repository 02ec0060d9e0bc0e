import assert from 'node:assert/strict';
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import yaml from 'yaml';
import { root } from '../packages/published.js';

const folder = join(root, '.github/workflows');
const workflows = readdirSync(folder).map((name) => {
  const text = readFileSync(join(folder, name), 'utf8');
  return { name, text, workflow: yaml.parse(text) };
});
const stepsOf = ({ workflow }) => Object.values(workflow.jobs).flatMap(({ steps }) => steps);

for (const one of workflows) {
  const { name, text, workflow } = one;

  test(`${name} may read, and no more unless a job says so`, () => {
    assert.deepEqual(workflow.permissions, { contents: 'read' });
    for (const job of Object.values(workflow.jobs)) {
      assert.ok(job['runs-on'] && job['timeout-minutes'] > 0 && job.steps.length > 0);
    }
  });

  test(`${name} pins actions by their commit, and says their version`, () => {
    for (const { uses } of stepsOf(one).filter((step) => step.uses)) {
      assert.match(uses, /^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
      assert.match(text, new RegExp(`uses: ${uses} # v\\d+\\.\\d+\\.\\d+\n`));
    }
  });

  test(`${name} runs scripts that there are`, () => {
    const commands = stepsOf(one).flatMap(({ run }) => run ?? []);
    assert.ok(commands.includes('.ci/run'));
    accessSync(join(root, '.ci/run'), constants.X_OK);
    for (const [, script] of commands.join('\n').matchAll(/\bnode (?!-)(\S+)/g)) {
      assert.ok(existsSync(join(root, script)), script);
    }
  });

  test(`${name} says that it is not run yet`, () =>
    assert.match(text, /^# Not run until the repository has a host/));
}

test('a release is tested before it is published, and asks for provenance', () => {
  const { workflow } = workflows.find(({ name }) => name === 'release.yml');
  const { steps, permissions } = workflow.jobs.publish;
  assert.equal(permissions['id-token'], 'write');
  const order = ['.ci/run', 'platform-packages.js', 'release.js publish'].map((part) =>
    steps.findIndex(({ run }) => run?.includes(part)),
  );
  assert.ok(order[0] >= 0 && order[0] < order[1] && order[1] < order[2], order.join());
  for (const place of ['apps/cli', 'packages/core', 'packages/engine']) {
    const { publishConfig } = JSON.parse(readFileSync(join(root, place, 'package.json'), 'utf8'));
    assert.deepEqual(publishConfig, { access: 'public', provenance: true });
  }
});
