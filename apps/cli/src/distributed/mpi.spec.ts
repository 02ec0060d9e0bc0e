import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { StepMetrics } from '@attune/core';
import { runAttune, TEXT, type Finished } from '../testing/run-attune.js';

/** Debian's name of Open MPI's launcher, and the flags that let it run as root, and beside other work. */
const LAUNCHER = 'mpirun.openmpi';
const LAUNCHER_FLAGS = ['--allow-run-as-root', '--oversubscribe', '--bind-to', 'none'];

const hasMpi = spawnSync(LAUNCHER, ['--version']).status === 0;
const withMpi = hasMpi ? describe : describe.skip;

const attune = fileURLToPath(new URL('../../bin/attune.js', import.meta.url));
const fixture = (path: string) =>
  fileURLToPath(
    new URL(`../../../../packages/backend-testkit/fixtures/finetune_llama/${path}`, import.meta.url),
  );

let folder: string;
const at = (...names: string[]) => join(folder, ...names);

const SIZES = [
  ...['--batch-size', '3', '--gradient-accumulation-steps', '2', '--block-size', '16', '--seed', '1'],
  ...['--n-layer', '1', '--n-head', '2', '--n-embd', '16', '--warmup-iters', '2'],
  ...['--eval-interval', '10', '--eval-iters', '3', '--sample-tokens', '8'],
];
const pretrain = (out: string, ...flags: string[]) => [
  ...['pretrain', '--data', at('data'), '--out', at(out), ...SIZES, ...flags],
];
const finetune = (out: string, ...flags: string[]) => [
  ...['finetune', '--model', fixture('model'), '--out', at(out), '--method', 'lora', '--backend', 'cpu'],
  ...[
    '--batch-size',
    '3',
    '--gradient-accumulation-steps',
    '2',
    '--samples',
    '0',
    '--max-iters',
    '20',
    ...flags,
  ],
];

/** Starts ranks. @param script what each does; `"$@"` is the command. */
function launch(ranks: number, args: readonly string[], script = 'exec "$@"') {
  const child = spawn(
    LAUNCHER,
    [
      ...[...LAUNCHER_FLAGS, '-n', String(ranks), 'bash', '-c', script, 'bash'],
      ...[process.execPath, attune, '--threads', '1', ...args],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  return { child, ended: ending(child) };
}

function ending(child: ChildProcess): Promise<Finished> {
  let [stdout, stderr] = ['', ''];
  child.stdout!.on('data', (chunk: Buffer) => void (stdout += chunk.toString()));
  child.stderr!.on('data', (chunk: Buffer) => void (stderr += chunk.toString()));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code: code ?? -1, stdout, stderr })));
}

const onRanks = (ranks: number, args: readonly string[]) => launch(ranks, args).ended;

async function metricsOf(run: string): Promise<StepMetrics[]> {
  const text = await readFile(at(run, 'metrics.jsonl'), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as StepMetrics);
}

async function expectSameLosses(run: string, expected: string, steps = 20): Promise<void> {
  const [found, pinned] = await Promise.all([metricsOf(run), metricsOf(expected)]);
  expect([found.length, pinned.length]).toEqual([steps, steps]);
  found.forEach(({ loss, valLoss = 0, tokens }, i) => {
    const one = pinned[i]!;
    expect(Math.abs(loss - one.loss)).toBeLessThan(1e-6);
    expect(Math.abs(valLoss - (one.valLoss ?? 0))).toBeLessThan(1e-6);
    expect(tokens).toBe(one.tokens);
  });
}

/** Waits for a file that another process writes. */
async function readWhenThere(path: string): Promise<string> {
  for (let waited = 0; waited < 150_000; waited += 50) {
    const text = existsSync(path) ? (await readFile(path, 'utf8')).trim() : '';
    if (text !== '') return text;
    await sleep(50);
  }
  throw new Error(`${path} was not written.`);
}

/** Waits for the first checkpoint of a run. */
async function checkpointOf(run: string): Promise<void> {
  for (let waited = 0; waited < 150_000; waited += 50) {
    const names = await readdir(at(run, 'checkpoints')).catch(() => []);
    if (names.some((name) => name.startsWith('step-'))) return;
    await sleep(50);
  }
  throw new Error(`${run} wrote no checkpoint.`);
}

/** Notes the process of rank 1. */
const NOTING = (file: string) => `[ "$OMPI_COMM_WORLD_RANK" = 1 ] && echo $$ > ${file}; exec "$@"`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-mpi-'));
  await writeFile(at('text.txt'), TEXT);
  await runAttune(['prepare', at('text.txt'), '--out', at('data')]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

withMpi(`under ${LAUNCHER}${hasMpi ? '' : ' (skipped: it is not installed)'}`, () => {
  it.each(['cpu', 'wasm', 'reference'])('two ranks pretrain on %s as one process does', async (backend) => {
    const flags = ['--backend', backend, '--max-iters', '20', '--dropout', '0.1'];
    const { code, stdout, stderr } = await onRanks(2, pretrain(`${backend}-2`, ...flags));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    // Told by one of them.
    expect(stdout.match(/^ranks {4}Open MPI .*2 ranks on 1 host; each has 3 of the 6 rows/gm)).toHaveLength(
      1,
    );
    expect(stdout.match(/The model is in/g)).toHaveLength(1);
    await runAttune([...pretrain(`${backend}-1`, ...flags)]);
    await expectSameLosses(`${backend}-2`, `${backend}-1`);
  });

  it('gives the same bits each time', async () => {
    await onRanks(2, pretrain('again', '--backend', 'cpu', '--max-iters', '20', '--dropout', '0.1'));
    const losses = async (run: string) =>
      (await metricsOf(run)).map(({ loss, gradNorm }) => [loss, gradNorm]);
    expect(await losses('again')).toEqual(await losses('cpu-2'));
  });

  it('two ranks fine-tune as one process does, also with packed chats of very unequal lengths', async () => {
    const rows = Array.from({ length: 24 }, (_, i) => ({
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: 'a red ball '.repeat(i % 6 === 0 ? 4 : 1) },
      ],
    }));
    await writeFile(at('chats.jsonl'), rows.map((row) => JSON.stringify(row)).join('\n'));
    const cases = [
      ['lora', '--data', fixture('rows.jsonl')],
      ['chats', '--data', at('chats.jsonl'), '--packing', '--max-length', '64'],
    ] as const;
    for (const [run, ...flags] of cases) {
      const { code, stderr } = await onRanks(2, finetune(`${run}-2`, ...flags));
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      await runAttune(finetune(`${run}-1`, ...flags));
      await expectSameLosses(`${run}-2`, `${run}-1`);
    }
  });

  it('a signal to one rank stops all after the same step, and three go on', async () => {
    const flags = ['--backend', 'cpu', '--eval-interval', '0'];
    const { ended } = launch(2, pretrain('stopped', ...flags, '--max-iters', '100000'), NOTING(at('rank-1')));
    const pid = Number(await readWhenThere(at('rank-1')));
    await readWhenThere(at('stopped', 'metrics.jsonl'));
    process.kill(pid, 'SIGTERM');
    const { code, stderr } = await ended;
    expect(code).toBe(130);
    expect(stderr.match(/Stopped after step/g)).toHaveLength(1);
    const step = Number(/Stopped after step (\d+)/.exec(stderr)![1]);
    expect(await metricsOf('stopped')).toHaveLength(step);
    expect(await readdir(at('stopped', 'checkpoints'))).toEqual([`step-${step}`]);
    const last = String(step + 5);
    const resumed = await onRanks(3, ['pretrain', '--resume', at('stopped'), '--max-iters', last]);
    expect({ code: resumed.code, stderr: resumed.stderr }).toEqual({ code: 0, stderr: '' });
    await runAttune(pretrain('alone', ...flags, '--max-iters', last, '--lr-decay-iters', '100000'));
    await expectSameLosses('stopped', 'alone', step + 5);
    const record = JSON.parse(await readFile(at('stopped', 'run.json'), 'utf8')) as { sessions: object[] };
    expect(record.sessions).toMatchObject([{ ranks: 2 }, { ranks: 3, fromStep: step }]);
  });

  it('a rank that is killed ends the others, and the last checkpoint is good', async () => {
    const flags = ['--backend', 'cpu', '--eval-interval', '0', '--checkpoint-interval', '2'];
    const { ended } = launch(2, pretrain('killed', ...flags, '--max-iters', '100000'), NOTING(at('rank-k')));
    const pid = Number(await readWhenThere(at('rank-k')));
    await checkpointOf('killed');
    process.kill(pid, 'SIGKILL');
    expect((await ended).code).not.toBe(0);
    const verified = await runAttune(['verify', at('killed'), '--steps', '1', '--tolerance', '1e-5']);
    expect({ code: verified.code, stderr: verified.stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('tells once of an evaluation that fails on all, and names the last checkpoint', async () => {
    await cp(at('data'), at('bad'), { recursive: true });
    const { sha256: _, ...meta } = JSON.parse(await readFile(at('bad', 'meta.json'), 'utf8')) as object & {
      sha256: object;
    };
    await writeFile(at('bad', 'meta.json'), JSON.stringify(meta));
    const { length } = await readFile(at('bad', 'val.bin'));
    await writeFile(at('bad', 'val.bin'), new Uint8Array(length).fill(0xff));
    const flags = ['--data', at('bad'), '--backend', 'cpu', '--checkpoint-interval', '4'];
    const { code, stderr } = await onRanks(2, pretrain('evaluated', ...flags));
    expect(stderr.match(/error TOKEN_OUT_OF_RANGE: /g)).toHaveLength(1);
    const last = at('evaluated', 'checkpoints', 'step-8');
    expect(stderr).toContain(`The last good checkpoint is ${last}.`);
    expect(code).toBe(4);
  });

  it('tells of an error of all once, and of that of one with its rank and host', async () => {
    const wrong = await onRanks(2, pretrain('none', '--max-iterations', '3'));
    expect(wrong.stderr.match(/There is no flag --max-iterations/g)).toHaveLength(1);
    expect(wrong.code).toBe(2);
    const taken = await onRanks(2, pretrain('again', '--backend', 'reference'));
    expect(taken.stderr.match(/already holds a run/g)).toHaveLength(1);
    expect(taken.code).toBe(2);
    const script = `[ "$OMPI_COMM_WORLD_RANK" = 1 ] && set -- "$@" --data ${at('gone')}; exec "$@"`;
    const gone = await launch(2, pretrain('none', '--backend', 'reference'), script).ended;
    expect(gone.stderr).toContain(`rank 1 on ${hostname()}: error FILE_NOT_FOUND: `);
    expect(gone.stderr.match(/error FILE_NOT_FOUND/g)).toHaveLength(1);
    expect(gone.code).toBe(4);
    expect(existsSync(at('none'))).toBe(false);
  });
});
