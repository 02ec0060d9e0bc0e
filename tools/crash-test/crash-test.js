/**
 * Kills training runs at random moments, and looks at what is left:
 *
 *     npm run build && node tools/crash-test/crash-test.js [--kills 200] [--backend wasm]... [--seed 1] [--ranks 2] [--keep]
 *
 * One run is trained without a break. Another is trained with the same flags, killed by SIGKILL at a random moment, resumed,
 * killed again, until it is done; then the next one, until there were `--kills` kills. After each kill every checkpoint that
 * is to be seen must be whole, the log must be that of the unbroken run so far, and nothing may pile up. At the end of a
 * run everything but times must be that of the unbroken run, to the bit.
 *
 * With `--ranks` the runs are started by Open MPI's mpirun. A kill meets one of the ranks, or mpirun itself. The job has to end
 * within 30 seconds, with a non-zero code and no process left, and is resumed on as many ranks, now and then on one less or
 * more: then numbers are those of the unbroken run to 1e-6. This needs Linux.
 *
 * The kills are shared out among the backends, by default wasm and cpu. Prints a JSON object for each, and fails at the first fault.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { Random } from '@attune/core';
import { readCheckpoint } from '@attune/formats/node';
import { readLog, runAttune, startAttune, TEXT } from './attune.js';
import { startOnRanks } from './ranks.js';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    backend: { type: 'string', multiple: true, default: ['wasm', 'cpu'] },
    seed: { type: 'string', default: '1' },
    ranks: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
});
/** Kills of each backend. */
const kills = Math.ceil(Number(values.kills) / values.backend.length);
/** Ranks of a run; a process on its own is none. */
const ranks = values.ranks === undefined ? undefined : Number(values.ranks);
const random = new Random(Number(values.seed));
const home = await mkdtemp(join(tmpdir(), 'attune-crash-'));
const data = join(home, 'data');

const STEPS = ranks ? 60 : 120;

/** With whole micro-batches for each rank, dropout is the same on any number of them. */
const MICRO_BATCHES = ranks ? 3 * ranks : 2;

/** Relative to a number, of those that another number of ranks came to: they add up in another order. */
const TOLERANCE = 1e-6;

/** With everything on that has a state. The model is tiny: most of the time goes to checkpoints, where a kill hurts. */
const FLAGS = [
  ...['--data', data, '--max-iters', String(STEPS), '--batch-size', '2', '--block-size', '8'],
  ...['--n-layer', '1', '--n-head', '2', '--n-embd', '8', '--warmup-iters', '5', '--learning-rate', '0.003'],
  ...['--dropout', '0.1', '--sampling', 'shuffle', '--patience', '1000'],
  ...['--gradient-accumulation-steps', String(MICRO_BATCHES)],
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

/** Starts the command on ranks, or in one process. */
function start(size, ...args) {
  if (size !== undefined) return startOnRanks(size, '--threads', '1', ...args);
  const { child, ended } = startAttune(...args);
  return { ended, kill: async () => child.kill('SIGKILL') };
}

/** Kills what was started: mostly one of its ranks, if it has some. Resolves to the victim, if there was one. */
async function killSome({ kill }, size) {
  const victim = size === undefined ? 'process' : random.uniform() < 0.2 ? 'launcher' : random.integer(size);
  return (await kill(victim)) ? victim : undefined;
}

/** Ranks to go on with. */
function nextSize() {
  if (ranks === undefined || random.uniform() < 0.7) return ranks;
  return random.uniform() < 0.5 ? ranks + 1 : Math.max(1, ranks - 1);
}

/** Checks the log so far. */
function compareLogs(log, expected, isExact) {
  if (isExact) return assert.deepEqual(log, expected, 'the log is not that of the unbroken run');
  assert.equal(log.length, expected.length);
  log.forEach((line, i) => {
    assert.deepEqual(Object.keys(line), Object.keys(expected[i]));
    for (const [key, value] of Object.entries(line)) {
      const other = expected[i][key];
      const isSame =
        typeof value === 'number'
          ? Math.abs(value - other) <= TOLERANCE * Math.max(1, Math.abs(other))
          : isDeepStrictEqual(value, other);
      assert(isSame, `step ${i + 1}: ${key} is ${value}, and ${other} in the unbroken run`);
    }
  });
}

/** Checks what a kill left: whole checkpoints, the log so far, at most one thing half done. */
async function examineKilled(path, unbroken, isExact) {
  for (const checkpoint of await listCheckpoints(path)) {
    assert(!checkpoint.endsWith('.damaged'), `${checkpoint} was damaged`);
    const { step } = (await readCheckpoint(checkpoint)).checkpoint;
    assert(step >= 1 && step <= unbroken.log.length);
  }
  const log = await readLog(path);
  compareLogs(log, unbroken.log.slice(0, log.length), isExact);
  const known = new Set(unbroken.files.map((file) => file.replace(/step-\d+/, 'step-N')));
  const strays = (await listFiles(path)).filter((file) => !known.has(file.replace(/step-\d+/, 'step-N')));
  assert(strays.length <= 20, `strays pile up: ${strays.join(', ')}`);
  return { steps: log.length, strays: strays.length };
}

/** Checks a run that has finished. */
async function examineEnded(path, unbroken, isExact) {
  compareLogs(await readLog(path), unbroken.log, isExact);
  assert.deepEqual(await listFiles(path), unbroken.files);
  if (!isExact) return;
  for (const file of unbroken.files.filter((name) => /\.(safetensors|txt)$/.test(name))) {
    const [ours, theirs] = await Promise.all([path, unbroken.path].map((of) => readFile(join(of, file))));
    assert(ours.equals(theirs), `${file} is not that of the unbroken run`);
  }
}

/** Kills runs on a backend. */
async function crash(backend) {
  const path = join(home, `${backend}-unbroken`);
  const started = performance.now();
  const first = await start(ranks, 'pretrain', '--out', path, '--backend', backend, ...FLAGS).ended;
  const unbrokenMs = performance.now() - started;
  assert.equal(first.code, 0, first.stderr);
  const unbroken = { path, log: await readLog(path), files: await listFiles(path) };
  assert.equal(unbroken.log.length, STEPS);

  const begun = performance.now();
  const report = { backend, kills: 0, runs: 0, killedWithStrays: 0, killedBeforeFirstStep: 0, mostStrays: 0 };
  if (ranks) Object.assign(report, { ranks, victims: {}, resumedOn: {}, mostSecondsToEnd: 0 });
  while (report.kills < kills) {
    const killed = join(home, `${backend}-killed-${report.runs}`);
    let size = ranks;
    let isExact = true;
    for (let args = ['--out', killed, '--backend', backend, ...FLAGS]; ; args = ['--resume', killed]) {
      const job = start(size, 'pretrain', ...args);
      // From before the first step to well into the run, which is to come to its end now and then.
      let killing;
      const timer =
        report.kills < kills
          ? setTimeout(() => (killing = killSome(job, size)), random.uniform() * unbrokenMs)
          : undefined;
      const { code, signal, stderr, secondsToEnd } = await job.ended;
      clearTimeout(timer);
      const victim = await killing;
      if (code === 0) break;
      const wasKilled = victim !== undefined && (ranks !== undefined || signal === 'SIGKILL');
      assert(wasKilled, `attune pretrain ${args.join(' ')} ended with ${code}: ${stderr}`);
      report.kills++;
      if (ranks) {
        if (victim !== 'launcher') assert.match(stderr, new RegExp(`\\brank ${victim}\\b`));
        report.victims[victim] = (report.victims[victim] ?? 0) + 1;
        report.mostSecondsToEnd = Math.max(report.mostSecondsToEnd, secondsToEnd);
      }
      if (report.kills % 10 === 0)
        console.error(`${backend}: ${report.kills} kills, ${report.runs} runs done`);
      // Killed before it wrote its configuration, there is no run yet to go on with.
      const hasRun = (await readdir(killed).catch(() => [])).includes('config.yaml');
      if (!hasRun) {
        await rm(killed, { recursive: true, force: true });
        report.killedBeforeFirstStep++;
        break;
      }
      const { steps, strays } = await examineKilled(killed, unbroken, isExact);
      if (steps === 0) report.killedBeforeFirstStep++;
      if (strays > 0) report.killedWithStrays++;
      report.mostStrays = Math.max(report.mostStrays, strays);
      size = nextSize();
      isExact &&= size === ranks;
      if (ranks) report.resumedOn[size] = (report.resumedOn[size] ?? 0) + 1;
    }
    if ((await readdir(killed).catch(() => [])).length > 0) {
      await examineEnded(killed, unbroken, isExact);
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
