/**
 * Writes backend plugins as a stranger would, in an empty folder outside the repository: `create-backend` from its tarball, as
 * `npm create` calls it, under each test runner; then installs, compiles and runs the conformance kit. The example of
 * `examples/backend-typed-arrays` goes the same way, and the command trains with it. Needs the packages built, and npm's
 * registry (or its cache).
 *
 *     node tools/packages/create-backend.js [--keep]
 */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from './published.js';
import { asDependencies, tarballs } from './tarballs.js';

const execute = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'attune-create-backend-'));
const faults = [];

/** Runs a command. @returns what it printed, which is shown where it fails. */
async function run(cwd, command, ...args) {
  const started = performance.now();
  try {
    const { stdout, stderr } = await execute(command, args, { cwd, maxBuffer: 2 ** 26 });
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(`${seconds.padStart(6)} s  ${[command, ...args].join(' ').slice(0, 110)}`);
    // Jest writes to the second.
    return { stdout, text: stdout + stderr };
  } catch (error) {
    const last = `${error.stdout}${error.stderr}`.split('\n').slice(-40).join('\n');
    throw new Error(`${command} ${args.join(' ')} ended with ${error.code}:\n${last}`);
  }
}

const QUIET = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'];

/** A plugin under a runner: written, installed, compiled, tested, and, where `report` is true, reported on. */
async function tryPlugin(packed, { runner, name, test, report = false }) {
  const tarball = (of) => join(packed.folder, packed.packed.find((one) => one.name === of).filename);
  const given = ['--package', tarball('@attune/create-backend'), '--package', tarball('@attune/core')];
  const options = ['--test-runner', runner, '--out', runner.replace(':', '-'), '--packages', packed.folder];
  await run(folder, 'npm', 'exec', '--yes', ...given, '--', 'create-backend', name, ...options);
  const home = join(folder, runner.replace(':', '-'));
  await run(home, 'npm', 'install', ...QUIET);
  await run(home, 'npm', 'run', 'build');
  const { text: output } = await run(home, 'npm', 'test', ...test);
  // `ℹ pass 9` of node:test, `Tests  9 passed` of vitest, `Tests: 2 skipped, 9 passed` of jest.
  const plain = output.replace(/\u001b\[\d+m/g, '');
  const count = Number(/^ℹ pass (\d+)$|^ *Tests:? .*?(\d+) passed/m.exec(plain)?.slice(1).find(Boolean));
  console.log(`          ${runner}: ${count} tests passed`);
  if (!(count > 5)) faults.push(`${runner} ran ${count} tests of the kit:\n${output.slice(-2000)}`);
  if (!report) return;
  await run(home, 'npm', 'run', 'report');
  const { counts, ops } = JSON.parse(readFileSync(join(home, 'conformance/report.json'), 'utf8'));
  if (counts.failed > 0 || counts.passed < 900 || ops.matmul.support !== 'native') {
    faults.push(`The report of the plugin says ${JSON.stringify(counts)}.`);
  }
}

/** The example: installed from tarballs, reported on, packed, and opened by the command from the folder of a user. */
async function tryExample(packed) {
  const dependencies = asDependencies(packed);
  const only = (...names) => names.map((name) => dependencies[name].replace('file:', ''));
  const home = join(folder, 'example');
  cpSync(join(root, 'examples/backend-typed-arrays'), home, {
    recursive: true,
    filter: (path) => !/node_modules|[/\\](dist|out)$/.test(path),
  });
  await run(
    home,
    'npm',
    'install',
    ...QUIET,
    ...only('@attune/core', '@attune/nn', '@attune/backend-testkit'),
  );
  await run(home, 'npm', 'run', 'report');
  await run(home, 'npm', 'run', 'build');
  const list = await run(home, 'npm', 'pack', '--json', '--ignore-scripts');
  const [{ filename }] = JSON.parse(list.stdout);

  const user = join(folder, 'user');
  mkdirSync(user);
  const manifest = {
    name: 'user',
    private: true,
    dependencies: { ...dependencies, 'attune-backend-typed-arrays': `file:${join(home, filename)}` },
  };
  writeFileSync(join(user, 'package.json'), JSON.stringify(manifest));
  await run(user, 'npm', 'install', ...QUIET);
  writeFileSync(join(user, 'book.txt'), 'the cat sat on the mat. the dog sat on the log.\n'.repeat(60));
  const attune = (...args) => run(user, process.execPath, 'node_modules/@attune/cli/bin/attune.js', ...args);
  await attune('prepare', 'book.txt', '--tokenizer', 'char', '--out', 'data');
  const shape = '--n-layer 1 --n-head 2 --n-embd 16 --block-size 16 --batch-size 4'.split(' ');
  const length = '--max-iters 20 --eval-interval 20 --eval-iters 1 --sample-tokens 8'.split(' ');
  const backend = ['--backend', 'attune-backend-typed-arrays'];
  const { text: output } = await attune(
    'pretrain',
    '--data',
    'data',
    '--out',
    'run',
    ...shape,
    ...length,
    ...backend,
  );
  if (!output.includes('typed-arrays')) faults.push(`pretrain does not name the backend:\n${output}`);
  const lines = readFileSync(join(user, 'run/metrics.jsonl'), 'utf8').trim().split('\n');
  const losses = lines.map((line) => JSON.parse(line).loss).filter((loss) => loss !== undefined);
  console.log(`          the example trained: loss ${losses[0]} → ${losses.at(-1)}`);
  if (!(losses.at(-1) < losses[0])) faults.push(`20 steps on the example did not lower the loss: ${losses}`);
}

try {
  const packed = await tarballs();
  // The whole kit under node:test, and again for the report; under the others what shows that they run it.
  await tryPlugin(packed, { runner: 'node:test', name: 'metal', test: [], report: true });
  await tryPlugin(packed, {
    runner: 'vitest',
    name: '@me/backend-metal',
    test: ['--', '-t', 'State|ops: matmul'],
  });
  await tryPlugin(packed, { runner: 'jest', name: 'backend-metal', test: ['--', '-t', 'State|ops: matmul'] });
  await tryExample(packed);
} catch (error) {
  faults.push(error.message);
} finally {
  if (process.argv.includes('--keep')) console.log(`kept in ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
}
for (const fault of faults) console.error(`✗ ${fault}`);
process.exitCode = faults.length > 0 ? 1 : 0;
