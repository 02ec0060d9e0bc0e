/**
 * Kills training runs at random moments, and looks at what is left:
 *
 *     npm run build && node tools/crash-test/crash-test.js [--kills 200] [--backend wasm]... [--seed 1] [--keep]
 *
 * One run is trained without a break. Another is trained with the same flags, killed by SIGKILL at a random moment, resumed,
 * killed again, until it is done; then the next one, until there were `--kills` kills. After each kill every checkpoint that
 * is to be seen must be whole, the log must be that of the unbroken run so far, and nothing may pile up. At the end of a
 * run everything but times must be that of the unbroken run, to the bit.
 *
 * The kills are shared out among the backends, by default wasm and cpu. Prints a JSON object for each, and fails at the first fault.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from '@attune/core';
import { readCheckpoint } from '@attune/formats/node';
import { readLog, runAttune, startAttune, TEXT } from './attune.js';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    backend: { type: 'string', multiple: true, default: ['wasm', 'cpu'] },
    seed: { type: 'string', default: '1' },
    keep: { type: 'boolean', default: false },
  },
});
/** Kills of each backend. */
const kills = Math.ceil(Number(values.kills) / values.backend.length);
const random = new Random(Number(values.seed));
const home = await mkdtemp(join(tmpdir(), 'attune-crash-'));
const data = join(home, 'data');

const STEPS = 120;

/** With everything on that has a state. The model is tiny: most of the time goes to checkpoints, where a kill hurts. */
const FLAGS = [
  ...['--data', data, '--max-iters', String(STEPS), '--batch-size', '2', '--block-size', '8'],
  ...['--n-layer', '1', '--n-head', '2', '--n-embd', '8', '--warmup-iters', '5', '--learning-rate', '0.003'],
  ...[
    '--dropout',
    '0.1',
    '--gradient-accumulation-steps',
    '2',
    '--sampling',
    'shuffle',
    '--patience',
    '1000',
  ],
  ...['--eval-interval', '7', '--eval-iters', '2', '--checkpoint-interval', '3', '--sample-tokens', '4'],
];

/** Every file of a run, by its path within it. */
async function listFiles(path) {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map((entry) => relative(path, join(entry.parentPath ?? entry.path, entry.name))).sort();
}

const listCheckpoints = async (path) => {
  const names = await readdir(join(path, 'checkpoints')).catch(() => []);
  return names.filter((name) => !name.startsWith('.')).map((name) => join(path, 'checkpoints', name));
};

/** Checks what a kill left: whole checkpoints, the log so far, at most one thing half done. */
async function examineKilled(path, unbroken) {
  for (const checkpoint of await listCheckpoints(path)) {
    assert(!checkpoint.endsWith('.damaged'), `${checkpoint} was damaged`);
    const { step } = (await readCheckpoint(checkpoint)).checkpoint;
    assert(step >= 1 && step <= unbroken.log.length);
  }
  const log = await readLog(path);
  assert.deepEqual(log, unbroken.log.slice(0, log.length), 'the log is not that of the unbroken run');
  const known = new Set(unbroken.files.map((file) => file.replace(/step-\d+/, 'step-N')));
  const strays = (await listFiles(path)).filter((file) => !known.has(file.replace(/step-\d+/, 'step-N')));
  assert(strays.length <= 20, `strays pile up: ${strays.join(', ')}`);
  return { steps: log.length, strays: strays.length };
}

/** Checks a run that has finished. */
async function examineEnded(path, unbroken) {
  assert.deepEqual(await readLog(path), unbroken.log);
  assert.deepEqual(await listFiles(path), unbroken.files);
  for (const file of unbroken.files.filter((name) => /\.(safetensors|txt)$/.test(name))) {
    const [ours, theirs] = await Promise.all([path, unbroken.path].map((of) => readFile(join(of, file))));
    assert(ours.equals(theirs), `${file} is not that of the unbroken run`);
  }
}

/** Kills runs on a backend. */
async function crash(backend) {
  const path = join(home, `${backend}-unbroken`);
  const unbrokenMs = await runAttune('pretrain', '--out', path, '--backend', backend, ...FLAGS);
  const unbroken = { path, log: await readLog(path), files: await listFiles(path) };
  assert.equal(unbroken.log.length, STEPS);

  const begun = performance.now();
  const report = { backend, kills: 0, runs: 0, killedWithStrays: 0, killedBeforeFirstStep: 0, mostStrays: 0 };
  while (report.kills < kills) {
    const killed = join(home, `${backend}-killed-${report.runs}`);
    for (let args = ['--out', killed, '--backend', backend, ...FLAGS]; ; args = ['--resume', killed]) {
      const { child, ended } = startAttune('pretrain', ...args);
      // From before the first step to well into the run, which is to come to its end now and then.
      const timer =
        report.kills < kills
          ? setTimeout(() => child.kill('SIGKILL'), random.uniform() * unbrokenMs)
          : undefined;
      const { code, signal, stderr } = await ended;
      clearTimeout(timer);
      if (signal !== 'SIGKILL') {
        assert.equal(code, 0, `attune pretrain ${args.join(' ')} ended with ${code}: ${stderr}`);
        break;
      }
      report.kills++;
      if (report.kills % 10 === 0)
        console.error(`${backend}: ${report.kills} kills, ${report.runs} runs done`);
      // Killed before it wrote its configuration, there is no run yet to go on with.
      const hasRun = (await readdir(killed).catch(() => [])).includes('config.yaml');
      if (!hasRun) {
        await rm(killed, { recursive: true, force: true });
        report.killedBeforeFirstStep++;
        break;
      }
      const { steps, strays } = await examineKilled(killed, unbroken);
      if (steps === 0) report.killedBeforeFirstStep++;
      if (strays > 0) report.killedWithStrays++;
      report.mostStrays = Math.max(report.mostStrays, strays);
    }
    if ((await readdir(killed).catch(() => [])).length > 0) {
      await examineEnded(killed, unbroken);
      report.runs++;
      await rm(killed, { recursive: true });
    }
  }
  const seconds = Math.round((performance.now() - begun) / 1000);
  console.log(
    JSON.stringify({ ...report, steps: STEPS, seconds, unbrokenMs: Math.round(unbrokenMs) }, null, 2),
  );
}

try {
  const text = join(home, 'text.txt');
  await writeFile(text, TEXT);
  await runAttune('prepare', text, '--out', data);

  for (const backend of values.backend) await crash(backend);
} finally {
  if (values.keep) console.error(`Kept: ${home}`);
  else await rm(home, { recursive: true, force: true });
}
