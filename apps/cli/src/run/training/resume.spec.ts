import {
  appendFile,
  cp,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rename,
  rm,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { parse } from 'yaml';
import type { InterruptSignal } from '../../environment/process-interrupts.js';
import { runAttune, TEXT, TINY, type Finished } from '../../testing/run-attune.js';

let folder: string;
const at = (...parts: string[]) => join(folder, ...parts);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-resume-'));
  await writeFile(at('text.txt'), TEXT);
  await runAttune(['prepare', at('text.txt'), '--out', at('data')]);
});
afterAll(() => rm(folder, { recursive: true }));

test('a run whose own data is gone says how to get it back, and that works', async () => {
  const made = await runAttune(['pretrain', ...TINY, '--out', at('stories')]);
  expect(made).toMatchObject({ code: 0, stderr: '' });
  const again = ['pretrain', '--resume', at('stories'), '--max-iters', '8'];
  await rm(at('stories', 'data'), { recursive: true });
  const { code, stderr } = await runAttune(again);
  expect(code).toBe(4);
  expect(stderr).not.toContain('attune prepare');
  const [, flags, written] = /attune pretrain (--out DIR --max-iters 1) .*, to (DIR\/data):/.exec(stderr)!;
  const inPlace = (text: string) => text.replace('DIR', at('elsewhere'));
  await runAttune(['pretrain', ...TINY, ...flags!.split(' ').map(inPlace)]);
  await rename(inPlace(written!), at('stories', 'data'));
  expect(await runAttune(again)).toMatchObject({ code: 0, stderr: '' });
});

/** With everything on that has a state: dropout, accumulation, the order of an epoch, the guard against spikes. */
const FLAGS = [
  ...[
    ...TINY,
    '--max-iters',
    '12',
    '--lr-decay-iters',
    '12',
    '--checkpoint-interval',
    '3',
    '--eval-interval',
    '4',
  ],
  ...['--dropout', '0.2', '--gradient-accumulation-steps', '2', '--sampling', 'shuffle', '--batch-size', '3'],
  ...['--loss-spike-z-score', '50', '--patience', '50', '--sample-tokens', '5'],
];
const begin = (run: string, ...flags: string[]) =>
  runAttune(['pretrain', '--data', at('data'), '--out', at(run), ...FLAGS, ...flags]);
const resume = (run: string, ...flags: string[]) => runAttune(['pretrain', '--resume', at(run), ...flags]);

/** The log, but for what depends on the clock. */
async function log(run: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(at(run, 'metrics.jsonl'), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const { tokensPerSecond: _speed, stepMs: _time, ...rest } = JSON.parse(line) as Record<string, unknown>;
      return rest;
    });
}
const weights = (run: string) => readFile(at(run, 'final', 'model.safetensors'));
const entries = async (...path: string[]) => (await readdir(at(...path))).sort();

/** Trains, and hears signals in the middle of a step. */
async function interruptedIn(step: number, run: string, signals: InterruptSignal[]): Promise<Finished> {
  let interrupt: (signal: InterruptSignal) => void = () => undefined;
  const exits: number[] = [];
  let count = 0;
  const listening = {
    onInterrupt: (listener: (signal: InterruptSignal) => void) => {
      interrupt = listener;
      return () => undefined;
    },
    exit: (code: number) => void exits.push(code),
  };
  const out = new Writable({
    write(chunk: Buffer, _encoding, done) {
      count += chunk
        .toString()
        .split('\n')
        .filter((line) => line.startsWith('{')).length;
      // The step before has been told of. By the next turn of the event loop, this one is under way.
      if (count >= step - 1) setImmediate(() => signals.splice(0).forEach((signal) => interrupt(signal)));
      done();
    },
  });
  const args = ['pretrain', '--data', at('data'), '--out', at(run), ...FLAGS, '--json'];
  const finished = await runAttune(args, { ...listening, stdout: out });
  expect(exits).toEqual([]);
  return finished;
}

describe('a run that goes on', () => {
  beforeAll(async () => {
    const { code, stderr } = await begin('unbroken');
    expect([code, stderr]).toEqual([0, '']);
  });

  const expectUnbroken = async (run: string) => {
    expect(await log(run)).toEqual(await log('unbroken'));
    expect(await weights(run)).toEqual(await weights('unbroken'));
    expect(await entries(run)).toEqual(await entries('unbroken'));
    expect(await entries(run, 'samples')).toEqual(await entries('unbroken', 'samples'));
    for (const sample of await entries(run, 'samples')) {
      expect(await readFile(at(run, 'samples', sample), 'utf8')).toBe(
        await readFile(at('unbroken', 'samples', sample), 'utf8'),
      );
    }
  };

  test('keeps the last three checkpoints, and the best', async () => {
    expect(await entries('unbroken', 'checkpoints')).toEqual(['best', 'step-12', 'step-6', 'step-9']);
  });

  test.each([
    ['in the middle of an epoch, by Ctrl-C', 11, 'SIGINT'],
    ['before an evaluation that was due, by SIGTERM', 8, 'SIGTERM'],
    ['where a checkpoint was due', 6, 'SIGINT'],
  ] as const)('after it was ended %s', async (_, step, signal) => {
    const run = `ended-${step}`;
    const stopped = await interruptedIn(step, run, [signal]);
    expect(stopped.stderr).toMatch(new RegExp(`Stopped after step ${step}\\..*--resume`));
    expect(stopped.code).toBe(130);
    const logged = await log(run);
    expect(logged).toHaveLength(step);
    expect(logged.at(-1)).not.toHaveProperty('valLoss');
    expect(await resume(run)).toMatchObject({ code: 0, stderr: '' });
    await expectUnbroken(run);
    expect(await entries(run, 'checkpoints')).toHaveLength(4);
  });

  test('a second SIGTERM changes nothing', async () => {
    const stopped = await interruptedIn(3, 'twice', ['SIGTERM', 'SIGTERM']);
    expect(stopped.code).toBe(130);
  });

  test('after a kill that left lines behind the checkpoint, one of them torn, and temporary files', async () => {
    await cp(at('unbroken'), at('killed'), { recursive: true });
    const checkpoint = (step: string) => at('killed', 'checkpoints', step);
    await rm(at('killed', 'final'), { recursive: true });
    await rm(checkpoint('best'), { recursive: true });
    await rename(checkpoint('step-12'), checkpoint('.step-12.tmp'));
    await rename(checkpoint('step-9'), checkpoint('.step-9.old'));
    await truncate(at('killed', 'metrics.jsonl'), (await readFile(at('killed', 'metrics.jsonl'))).length - 9);
    const gone = { id: 'x', pid: 2 ** 22 + 1, host: hostname(), began: null };
    await writeFile(at('killed', 'run.lock'), JSON.stringify(gone));
    await writeFile(at('killed', 'run.lock.1234'), '');
    await utimes(at('killed', 'run.lock.1234'), 0, 0);
    expect(await resume('killed', '--eval-interval', '4')).toMatchObject({ code: 0, stderr: '' });
    expect(await log('killed')).toEqual(await log('unbroken'));
    expect(await weights('killed')).toEqual(await weights('unbroken'));
    expect((await entries('killed', 'checkpoints')).filter((name) => name.startsWith('.'))).toEqual([]);
    expect(await entries('killed')).toEqual(await entries('unbroken'));
  });

  test('from the one before a checkpoint that is damaged, which is named and set aside', async () => {
    await cp(at('unbroken'), at('damaged'), { recursive: true });
    await rm(at('damaged', 'checkpoints', 'best'), { recursive: true });
    await truncate(at('damaged', 'checkpoints', 'step-12', 'optimizer.safetensors'), 100);
    const { code, stdout } = await resume('damaged');
    expect(stdout).toMatch(
      /Passed over: .*step-12 is damaged: optimizer\.safetensors is not as it was written/,
    );
    expect(code).toBe(0);
    expect(await entries('damaged', 'checkpoints')).toContain('step-12.damaged');
    expect(await log('damaged')).toEqual(await log('unbroken'));
    expect(await weights('damaged')).toEqual(await weights('unbroken'));
  });

  test('from the best one, where it was killed before the one that was due next to it', async () => {
    await cp(at('unbroken'), at('best'), { recursive: true });
    await rm(at('best', 'checkpoints', 'step-12'), { recursive: true });
    await rm(at('best', 'final'), { recursive: true });
    const { code, stdout } = await resume('best');
    expect(stdout).toMatch(/from .*checkpoints.best/);
    expect(code).toBe(0);
    await expectUnbroken('best');
    expect(await entries('best', 'checkpoints')).toContain('step-12');
  });

  test('refuses where no checkpoint is whole, and names each', async () => {
    await cp(at('unbroken'), at('ruined'), { recursive: true });
    for (const name of await entries('ruined', 'checkpoints')) {
      await rm(at('ruined', 'checkpoints', name, 'config.json'));
    }
    const { code, stderr } = await resume('ruined');
    expect(stderr).toMatch(/FILE_CORRUPT.*No checkpoint .*step-12 is damaged.*step-9 is damaged/);
    expect(code).toBe(4);
    expect(await log('ruined')).toEqual(await log('unbroken'));
  });

  test('from the beginning, where it was killed before its first checkpoint', async () => {
    await mkdir(at('early'));
    await cp(at('unbroken', 'config.yaml'), at('early', 'config.yaml'));
    await appendFile(at('early', 'metrics.jsonl'), '{"step":1,"lo');
    const { code, stdout } = await resume('early');
    expect(stdout).toContain('There is no checkpoint yet');
    expect(code).toBe(0);
    await expectUnbroken('early');
  });

  test('and is at its end already, does nothing twice', async () => {
    await cp(at('unbroken'), at('ended'), { recursive: true });
    const { code, stdout } = await resume('ended');
    expect([code, stdout]).toEqual([0, expect.stringContaining('0 steps in 0s: --max-iters is reached')]);
    await expectUnbroken('ended');
  });

  test('takes more steps, and the decay of the learning rate ends where it did', async () => {
    await cp(at('unbroken'), at('longer'), { recursive: true });
    const { code, stdout } = await resume('longer', '--max-iters', '16', '--keep-checkpoints', '1');
    expect(stdout).toContain('Changed: --max-iters from 12 to 16.');
    expect(code).toBe(0);
    expect(parse(await readFile(at('longer', 'config.yaml'), 'utf8'))).toMatchObject({
      maxIters: 16,
      lrDecayIters: 12,
    });
    await begin('long', '--max-iters', '16');
    expect(await log('longer')).toEqual(await log('long'));
    expect(await weights('longer')).toEqual(await weights('long'));
    expect(await entries('longer', 'checkpoints')).toEqual(['best', 'step-16']);
  });

  test('on another backend says so, and stays within 1e-5', async () => {
    await cp(at('unbroken'), at('moved'), { recursive: true });
    for (const name of ['best', 'step-9', 'step-12']) {
      await rm(at('moved', 'checkpoints', name), { recursive: true });
    }
    const { code, stdout } = await resume('moved', '--backend', 'wasm');
    expect(stdout).toMatch(/written on reference: .* not bit by bit/);
    expect(code).toBe(0);
    const losses = async (run: string) => (await log(run)).map(({ loss }) => loss as number);
    const expected = await losses('unbroken');
    (await losses('moved')).forEach((loss, i) => expect(Math.abs(loss - expected[i]!)).toBeLessThan(1e-5));
    const { sessions } = JSON.parse(await readFile(at('moved', 'run.json'), 'utf8')) as {
      sessions: { fromStep: number; backend: { name: string } }[];
    };
    expect(sessions.map(({ fromStep, backend }) => [fromStep, backend.name])).toEqual([
      [0, 'reference'],
      [6, 'wasm'],
    ]);
  });
});

describe('what would be another run is refused, and nothing is changed', () => {
  beforeAll(async () => {
    await begin('run', '--max-iters', '5');
    await writeFile(at('other.txt'), `${TEXT}the cat.`);
    await runAttune(['prepare', at('other.txt'), '--out', at('other')]);
  });

  test.each([
    ['--batch-size', '4', /--batch-size is 4, but the run in .* has 3/],
    ['--seed', '2', /--seed is 2/],
    ['--n-embd', '16', /--n-embd is 16/],
    ['--learning-rate', '0.1', /--learning-rate is 0\.1/],
    ['--lr-decay-iters', '50', /--lr-decay-iters is 50/],
    ['--dropout', '0', /--dropout is 0/],
    ['--preset', 'stories', /--resume does not go with --preset/],
    ['--out', 'elsewhere', /--resume does not go with --out/],
    ['--patience', '0', /--patience must be a whole number of at least 1/],
  ])('%s %s', async (flag, value, message) => {
    const before = await readFile(at('run', 'config.yaml'), 'utf8');
    const { code, stderr } = await resume('run', flag, value);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
    expect(await readFile(at('run', 'config.yaml'), 'utf8')).toBe(before);
  });

  test('a config.yaml edited by hand', async () => {
    await cp(at('run'), at('edited'), { recursive: true });
    const yaml = await readFile(at('run', 'config.yaml'), 'utf8');
    await writeFile(at('edited', 'config.yaml'), yaml.replace('weightDecay: 0.1', 'weightDecay: 0.2'));
    const { code, stderr } = await resume('edited');
    expect(stderr).toMatch(/--weight-decay is 0\.2, but the run in .* has 0\.1/);
    expect(code).toBe(2);
  });

  test('other data', async () => {
    const { code, stderr } = await resume('run', '--data', at('other'));
    expect(stderr).toMatch(/CHECKPOINT_MISMATCH.*training data is not that of the run/);
    expect(code).toBe(4);
  });

  test('the same data in another place is the same run', async () => {
    await cp(at('data'), at('moved-data'), { recursive: true });
    expect(await resume('run', '--data', at('moved-data'))).toMatchObject({ code: 0 });
  });

  test('a folder without a run', async () => {
    const { code, stderr } = await resume('data');
    expect(stderr).toMatch(/FILE_NOT_FOUND.*no run/);
    expect(code).toBe(4);
  });
});
