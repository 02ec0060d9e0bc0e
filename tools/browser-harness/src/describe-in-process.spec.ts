import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const jest = fileURLToPath(new URL('../../../node_modules/jest/bin/jest.js', import.meta.url));
const project = fileURLToPath(new URL('..', import.meta.url));

/** Long enough for jest and the process to start on a machine that does much else: it only ends what would never exit. */
const HANGS_MS = 150_000;

/** Runs jest on a file whose tests are in a process of their own. Rejects if it does not exit. */
async function runJest(...flags: string[]): Promise<string> {
  const args = [jest, '--testMatch', '**/one-process.jest.ts', '--no-watchman', ...flags];
  const { stderr } = await promisify(execFile)(process.execPath, args, {
    cwd: project,
    timeout: HANGS_MS,
    env: {
      ...process.env,
      FORCE_COLOR: '0',
      NODE_OPTIONS: '--experimental-vm-modules --disable-warning=ExperimentalWarning',
    },
  });
  return stderr;
}

test(
  'jest exits when the tests of another process have run',
  async () => {
    expect(await runJest()).toMatch(/Tests: +1 passed, 1 total/);
  },
  HANGS_MS + 10_000,
);

test(
  'jest exits when none of them was asked for',
  async () => {
    expect(await runJest('-t', 'no such test')).toMatch(/Tests: +1 skipped, 1 total/);
  },
  HANGS_MS + 10_000,
);
