/**
 * Fills the disk under a run, then takes the right to write away, and looks at what is left:
 *
 *     npm run build && sudo node tools/crash-test/full-disk.js
 *
 * The disk is a small tmpfs; mounting it takes root on Linux. Prints one JSON object, and fails at the first fault.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCheckpoint } from '@attune/formats/node';
import { readLog, runAttune, startAttune, TEXT } from './attune.js';

const home = await mkdtemp(join(tmpdir(), 'attune-disk-'));
const [disk, data] = [join(home, 'disk'), join(home, 'data')];
const remount = (options) => execFileSync('mount', ['-o', `remount,${options}`, disk]);

const FLAGS = [
  ...['--data', data, '--backend', 'wasm', '--max-iters', '20', '--batch-size', '2', '--block-size', '8'],
  ...['--n-layer', '1', '--n-head', '2', '--n-embd', '32', '--dropout', '0.1', '--eval-interval', '0'],
  ...['--checkpoint-interval', '2', '--keep-checkpoints', '0', '--sample-tokens', '0'],
];

/** The command has to fail for want of a place to write. Returns what it says. */
async function expectWriteError(reason, ...args) {
  const { code, stderr } = await startAttune(...args).ended;
  assert.equal(code, 3, stderr);
  assert.match(stderr, /error FILE_WRITE/);
  assert.match(stderr, reason);
  return stderr;
}

async function expectWholeCheckpoints(run) {
  const names = await readdir(join(run, 'checkpoints'));
  assert.deepEqual(
    names.filter((name) => name.startsWith('.')),
    [],
    'something was left half written',
  );
  for (const name of names) await readCheckpoint(join(run, 'checkpoints', name));
  return names.length;
}

await mkdir(disk);
execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=900k', 'tmpfs', disk]);
try {
  await writeFile(join(home, 'text.txt'), TEXT);
  await runAttune('prepare', join(home, 'text.txt'), '--out', data);
  const unbroken = join(home, 'unbroken');
  await runAttune('pretrain', '--out', unbroken, ...FLAGS);

  const run = join(disk, 'run');
  const full = await expectWriteError(/ENOSPC/, 'pretrain', '--out', run, ...FLAGS);
  const [, named] = /The last good checkpoint is (.+)\.\n$/.exec(full) ?? [];
  assert(named?.startsWith(join(run, 'checkpoints', 'step-')), full);
  const kept = await expectWholeCheckpoints(run);

  remount('ro');
  await expectWriteError(/EROFS/, 'pretrain', '--resume', run);
  await expectWriteError(/EROFS/, 'pretrain', '--out', join(disk, 'other'), ...FLAGS);
  assert.equal(await expectWholeCheckpoints(run), kept);

  remount('rw,size=20m');
  await runAttune('pretrain', '--resume', run);
  assert.deepEqual(await readLog(run), await readLog(unbroken));
  console.log(JSON.stringify({ checkpointsWhenFull: kept, resumed: 'as the unbroken run' }));
} finally {
  execFileSync('umount', [disk]);
  await rm(home, { recursive: true, force: true });
}
