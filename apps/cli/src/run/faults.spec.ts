import { mkdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { readCheckpoint } from '@attune/formats/node';
import { runAttune, TEXT, TINY, type Finished } from '../testing/run-attune.js';

let folder: string;
const at = (...parts: string[]) => join(folder, ...parts);
const FLAGS = [...TINY, '--max-iters', '40', '--checkpoint-interval', '3', '--eval-interval', '0'];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-faults-'));
  await writeFile(at('text.txt'), TEXT);
  await runAttune(['prepare', at('text.txt'), '--out', at('data')]);
});
afterAll(() => rm(folder, { recursive: true }));

/** Trains, and does something when a step is told of. */
function trainUntil(step: number, run: string, action: () => void, ...flags: string[]): Promise<Finished> {
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (chunk.toString().includes(`{"step":${step},`)) action();
      done();
    },
  });
  return runAttune(['pretrain', '--data', at('data'), '--out', at(run), ...FLAGS, '--json', ...flags], {
    stdout,
  });
}
const steps = (run: string) =>
  readFileSync(at(run, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { step: number; skipped?: boolean });

describe('a run that fails names its last good checkpoint, which is whole', () => {
  const expectFailure = async ({ code, stderr }: Finished, run: string, exit: number, message: RegExp) => {
    expect(stderr).toMatch(message);
    expect(code).toBe(exit);
    const [, path = ''] = /The last good checkpoint is (.+)\.\n$/.exec(stderr) ?? [];
    expect(path).toMatch(new RegExp(`${run}.checkpoints.step-\\d+$`));
    await expect(readCheckpoint(path)).resolves.toBeDefined();
    expect(await readdir(at(run))).not.toContain('run.lock');
    return path;
  };

  test('a loss that becomes NaN', async () => {
    const flags = ['--learning-rate', '1e30', '--warmup-iters', '0', '--grad-clip', '0'];
    const failed = await trainUntil(0, 'nan', () => undefined, ...flags, '--checkpoint-interval', '1');
    const path = await expectFailure(failed, 'nan', 5, /NON_FINITE.*Step (\d+): .*(value|gradient)/);
    const [, step] = /Step (\d+)/.exec(failed.stderr) ?? [];
    expect(steps('nan')).toHaveLength(Number(step) - 1);
    expect(path).toContain(`step-${Number(step) - 1}`);
  });

  test('a spike of the loss; then it may go on without that step', async () => {
    const failed = await trainUntil(
      0,
      'spike',
      () => undefined,
      ...['--loss-spike-z-score', '0.001', '--learning-rate', '0'],
    );
    await expectFailure(failed, 'spike', 5, /LOSS_SPIKE.*Step \d+/);
    const [, spike] = /Step (\d+)/.exec(failed.stderr) ?? [];
    const { code, stdout } = await runAttune([
      'pretrain',
      '--resume',
      at('spike'),
      '--loss-spike-action',
      'skip',
    ]);
    expect(stdout).toContain('Changed: --loss-spike-action from stop to skip.');
    expect(code).toBe(0);
    expect(steps('spike')).toHaveLength(40);
    expect(steps('spike')[Number(spike) - 1]).toMatchObject({ skipped: true });
  });

  test('a token file that is cut short under it', async () => {
    await cp(at('data'), at('shrinking'), { recursive: true });
    const failed = await trainUntil(
      4,
      'cut',
      () => truncateSync(at('shrinking', 'train.bin'), 6),
      '--data',
      at('shrinking'),
    );
    await expectFailure(failed, 'cut', 4, /FILE_CORRUPT.*train\.bin/);
  });

  describe('an evaluation that fails loses no step', () => {
    const checkpointed = ['--checkpoint-interval', '30', '--eval-iters', '200'];
    /** The data, with an id in its last part that the vocabulary does not have. */
    const withBadValidation = async (name: string) => {
      await cp(at('data'), at(name), { recursive: true });
      const path = at(name, 'val.bin');
      const tokens = readFileSync(path);
      tokens.writeUInt16LE(60_000, tokens.length / 2 - ((tokens.length / 2) % 2));
      await writeFile(path, tokens);
      const meta = JSON.parse(readFileSync(at(name, 'meta.json'), 'utf8')) as object;
      await writeFile(at(name, 'meta.json'), JSON.stringify({ ...meta, sha256: undefined }));
      return ['--data', at(name)];
    };

    test('at the end: the model and the last checkpoint are there', async () => {
      const data = await withBadValidation('bad-last');
      const failed = await trainUntil(0, 'last', () => undefined, ...data, ...checkpointed);
      const path = await expectFailure(failed, 'last', 4, /TOKEN_OUT_OF_RANGE.*val\.bin/);
      expect(failed.stderr).toContain(`The trained model is in ${at('last', 'final')}.`);
      expect(path).toContain('step-40');
      expect(await readdir(at('last', 'final'))).toContain('model.safetensors');
      expect(steps('last')).toHaveLength(40);

      // What was due is tried again, and given up where the run is to go on without it.
      const again = await runAttune(['pretrain', '--resume', at('last')]);
      expect(again).toMatchObject({ code: 4, stderr: expect.stringContaining('TOKEN_OUT_OF_RANGE') });
      await runAttune(['pretrain', '--resume', at('last'), '--max-iters', '42']);
      expect(steps('last')).toHaveLength(42);
    });

    test('on the way: the run goes on from that step', async () => {
      const data = await withBadValidation('bad-early');
      const flags = [...data, ...checkpointed, '--eval-interval', '7'];
      const failed = await trainUntil(0, 'early', () => undefined, ...flags);
      const path = await expectFailure(failed, 'early', 4, /TOKEN_OUT_OF_RANGE/);
      expect(path).toContain('step-7');
      expect(await readdir(at('early'))).not.toContain('final');
      expect(steps('early')).toHaveLength(7);
    });
  });

  test('a place that is taken by files of somebody', async () => {
    const failed = await trainUntil(4, 'taken', () =>
      mkdirSync(at('taken', 'checkpoints', 'step-6', 'mine'), { recursive: true }),
    );
    await expectFailure(failed, 'taken', 3, /FILE_WRITE.*step-6 exists, and has no trainer_state\.json/);
  });
});

test('a run whose folder is removed under it ends, and does not make it again', async () => {
  const { code, stderr } = await trainUntil(4, 'removed', () => rmSync(at('removed'), { recursive: true }));
  expect(stderr).toMatch(/FILE_WRITE.*removed is gone/);
  expect(code).toBe(3);
  expect(await readdir(folder)).not.toContain('removed');
});

test('a folder that cannot be made is named', async () => {
  const { code, stderr } = await trainUntil(0, join('text.txt', 'run'), () => undefined);
  expect(stderr).toMatch(/FILE_WRITE.*text\.txt.run cannot be written/);
  expect(code).toBe(3);
});

describe('two runs in one folder', () => {
  test('are refused: the first goes on', async () => {
    let others: Promise<Finished[]> | undefined;
    let interrupt = (_signal: 'SIGINT'): void => undefined;
    const stdout = new Writable({
      write(chunk: Buffer, _encoding, done) {
        // It goes on until both others have ended.
        if (chunk.toString().includes('{"step":2,')) {
          others = Promise.all([
            runAttune(['pretrain', '--resume', at('shared')]),
            runAttune(['pretrain', '--data', at('data'), '--out', at('shared'), ...FLAGS, '--overwrite']),
          ]).finally(() => interrupt('SIGINT'));
        }
        done();
      },
    });
    const onInterrupt = (listener: typeof interrupt) => {
      interrupt = listener;
      return () => undefined;
    };
    const endless = ['--json', '--max-iters', '1000000'];
    const first = await runAttune(
      ['pretrain', '--data', at('data'), '--out', at('shared'), ...FLAGS, ...endless],
      { stdout, onInterrupt },
    );
    expect(first.code).toBe(130);
    expect(first.stderr).toContain(`Stopped after step ${steps('shared').length}.`);
    for (const { code, stderr } of (await others)!) {
      expect(stderr).toMatch(new RegExp(`RUN_LOCKED.*Process ${process.pid} on .* is working in`));
      expect(code).toBe(3);
    }
    expect(await readdir(at('shared'))).not.toContain('run.lock');
  });

  test('of which one is on another machine, too: whether it lives cannot be seen', async () => {
    const lock = JSON.stringify({ id: 'x', pid: 1, host: 'elsewhere', began: null });
    await writeFile(at('shared', 'run.lock'), lock);
    const { code, stderr } = await runAttune(['pretrain', '--resume', at('shared')]);
    expect(stderr).toMatch(/RUN_LOCKED.*on elsewhere.*remove .*run\.lock/);
    expect(code).toBe(3);
    expect(await readFile(at('shared', 'run.lock'), 'utf8')).toBe(lock);
    await rm(at('shared', 'run.lock'));
  });

  test('a later process with the pid of one that was killed does not count', async () => {
    const began = process.platform === 'linux' ? '1' : null;
    const { hostname } = await import('node:os');
    const pid = process.platform === 'linux' ? process.pid : 2 ** 22 + 1;
    await writeFile(at('shared', 'run.lock'), JSON.stringify({ id: 'x', pid, host: hostname(), began }));
    const last = String(steps('shared').length + 1);
    const resumed = await runAttune(['pretrain', '--resume', at('shared'), '--max-iters', last]);
    expect(resumed).toMatchObject({ code: 0 });
  });
});

describe('a run ends', () => {
  const end = async (run: string, ...flags: string[]) => {
    const { code, stdout, stderr } = await runAttune([
      ...['pretrain', '--data', at('data'), '--out', at(run), ...FLAGS],
      ...['--eval-interval', '2', '--sample-tokens', '0', '--checkpoint-interval', '100', ...flags],
    ]);
    expect([stderr, code]).toEqual(['', 0]);
    expect(await readdir(at(run, 'final'))).toContain('model.safetensors');
    return { stdout, steps: steps(run) };
  };

  test.each([
    ['--max-epochs', '0.5', 54, /--max-epochs is reached/],
    ['--max-tokens', '33', 3, /--max-tokens is reached/],
    ['--max-seconds', '0.000001', 1, /--max-seconds 0\.000001 are over/],
    ['--target-loss', '100', 1, /at most --target-loss 100/],
  ] as const)('at %s %s', async (flag, value, count, message) => {
    const ended = await end(flag, flag, value, '--max-iters', '60');
    expect(ended.stdout).toMatch(message);
    expect(ended.steps).toHaveLength(count);
    expect(ended.steps.at(-1)).toHaveProperty('valLoss');
  });

  test('when the validation loss has not fallen for a while', async () => {
    const ended = await end('converged', '--patience', '3', '--min-delta', '10');
    expect(ended.stdout).toContain('converged: the validation loss has not fallen for 3 evaluations');
    expect(ended.steps).toHaveLength(8);
    const again = await runAttune(['pretrain', '--resume', at('converged')]);
    expect(again.stdout).toContain('0 steps in 0s: converged');
  });

  test('early stopping needs evaluations', async () => {
    const { code, stderr } = await trainUntil(0, 'none', () => undefined, '--patience', '2');
    expect(stderr).toMatch(/INVALID_CONFIG.*patience is 2, but evalInterval is 0/);
    expect(code).toBe(2);
  });
});
