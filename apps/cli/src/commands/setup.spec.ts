import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MANIFEST } from '@attune/backend-cuda';
import { runAttune } from '../testing/run-attune.js';

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'attune-setup-command-'))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

const env = () => ({ ATTUNE_CUDA_DIR: join(root, 'cuda') });

test('says where to get what it needs', async () => {
  expect(await runAttune(['setup', 'cuda'], { env: env() })).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/--libtensorflow is missing.*pip install --target/),
  });
});

test('only cuda needs preparation', async () => {
  expect(await runAttune(['setup', 'wasm'], { env: env() })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('"wasm" needs no preparation'),
  });
});

test('shows what it would do, and does none of it unasked', async () => {
  const file = join(root, 'tensorflow.whl');
  writeFileSync(file, '');
  const { code, stderr } = await runAttune(['setup', 'cuda'], {
    env: { ...env(), ATTUNE_LIBTENSORFLOW: file },
  });
  expect(code).toBe(2);
  expect(stderr).toMatch(
    /This will\n {2}- unpack tensorflow\.whl.*\n {2}- download @tensorflow\/tfjs-node-gpu 4\.22\.0/,
  );
  expect(stderr).toContain(`put all of it into ${join(root, 'cuda')}`);
  expect(stderr).toContain('Add --yes');
  expect(readdirSync(root)).toEqual(['tensorflow.whl']);
});

test('what is prepared is left as it is', async () => {
  const manifest = { tfjsNode: '4.22.0', tensorflow: '2.21.0', libraries: '/tf', source: '/tf' };
  writeFileSync(join(root, MANIFEST), JSON.stringify(manifest));
  const args = ['setup', 'cuda', '--dir', root, '--libtensorflow', root];
  expect(await runAttune(args)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/prepared already.*2\.21\.0/),
  });
  const { stdout } = await runAttune([...args, '--json']);
  expect(JSON.parse(stdout)).toEqual({ folder: root, changed: false, ...manifest });
});
