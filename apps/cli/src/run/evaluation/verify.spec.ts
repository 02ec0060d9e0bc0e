import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backend as reference } from '@attune/backend-reference';
import type { RunRecord, VerifyReport } from '@attune/runs';
import { runAttune, TEXT, TINY } from '../../testing/run-attune.js';

let folder: string;
const at = (...parts: string[]) => join(folder, ...parts);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-verify-'));
  await writeFile(at('text.txt'), TEXT);
  await runAttune(['prepare', at('text.txt'), '--out', at('data')]);
  const flags = [...TINY, '--max-iters', '9', '--dropout', '0.2', '--gradient-accumulation-steps', '2'];
  await runAttune(['pretrain', '--data', at('data'), '--out', at('run'), ...flags]);
});
afterAll(() => rm(folder, { recursive: true }));

async function verify(run: string, ...flags: string[]) {
  const { code, stdout, stderr } = await runAttune(['verify', at(run), '--json', ...flags]);
  return { code, stderr, report: stdout === '' ? undefined : (JSON.parse(stdout) as VerifyReport) };
}

test('steps that are done again come out the same, to the bit', async () => {
  const { code, report } = await verify('run', '--steps', '3');
  expect(report).toMatchObject({
    checkpoint: at('run', 'checkpoints', 'step-4'),
    firstStep: 5,
    lastStep: 7,
    backend: 'reference',
    loggedBackends: ['reference'],
    tolerance: 0,
    maxLossDifference: 0,
    maxGradNormDifference: 0,
    agrees: true,
  });
  expect(code).toBe(0);
});

test('also all of them, from the beginning', async () => {
  const { report, stderr } = await verify('run', '--steps', '100');
  expect(report).toMatchObject({ checkpoint: null, firstStep: 1, lastStep: 9, maxLossDifference: 0 });
  expect(stderr).toBe('The log has 9 of the 100 steps: it ends at step 9.\n');
  expect((await verify('run', '--steps', '3')).stderr).toBe('');
});

test('on another backend they agree to 1e-5', async () => {
  const { code, report } = await verify('run', '--backend', 'wasm', '--from', '4');
  expect(report).toMatchObject({ backend: 'wasm', tolerance: 1e-5, lastStep: 9, agrees: true });
  expect(report!.maxLossDifference).toBeGreaterThan(0);
  expect(code).toBe(0);
});

test('a log that was changed does not agree, and the step is named', async () => {
  await cp(at('run'), at('changed'), { recursive: true });
  const log = await readFile(at('run', 'metrics.jsonl'), 'utf8');
  const lines = log.trim().split('\n');
  const sixth = JSON.parse(lines[5]!) as { loss: number };
  lines[5] = JSON.stringify({ ...sixth, loss: sixth.loss - 0.001 });
  await writeFile(at('changed', 'metrics.jsonl'), `${lines.join('\n')}\n`);
  const { code, report, stderr } = await verify('changed', '--steps', '3');
  expect(report).toMatchObject({ agrees: false, worstStep: 6 });
  expect(report!.maxLossDifference).toBeCloseTo(0.001, 9);
  expect(stderr).toMatch(/CHECKPOINT_MISMATCH.*the loss of step 6 is off by/);
  expect(code).toBe(4);
  expect((await verify('changed', '--steps', '3', '--tolerance', '0.01')).code).toBe(0);
});

test('nor does one whose gradient is another', async () => {
  await cp(at('run'), at('norms'), { recursive: true });
  const log = await readFile(at('run', 'metrics.jsonl'), 'utf8');
  const lines = log.trim().split('\n');
  const sixth = JSON.parse(lines[5]!) as { gradNorm: number };
  lines[5] = JSON.stringify({ ...sixth, gradNorm: sixth.gradNorm + 0.5 });
  await writeFile(at('norms', 'metrics.jsonl'), `${lines.join('\n')}\n`);
  const { code, report, stderr } = await verify('norms', '--steps', '3');
  expect(report).toMatchObject({ agrees: false, maxLossDifference: 0, worstGradNormStep: 6 });
  expect(report!.maxGradNormDifference).toBeCloseTo(0.5 / Math.max(1, sixth.gradNorm + 0.5), 9);
  expect(stderr).toMatch(/CHECKPOINT_MISMATCH.*: the gradient's norm of step 6 is off by/);
  expect(code).toBe(4);
});

test.each([
  ['a step without a checkpoint', ['--from', '5'], 2, /no checkpoint of that step. There are .*4, 0/],
  ['a step behind the log', ['--from', '9'], 2, /the log of .* ends at step 9/],
])('%s is refused', async (_, flags, code, message) => {
  expect(await verify('run', ...flags)).toMatchObject({ code, stderr: expect.stringMatching(message) });
});

test('a folder without a run is refused', async () => {
  expect(await verify('data')).toMatchObject({
    code: 4,
    stderr: expect.stringMatching(/FILE_NOT_FOUND: There is no run in .*data: it has no config\.yaml/),
  });
});

test('run.json says what the run needs to come out the same', async () => {
  const record: unknown = JSON.parse(await readFile(at('run', 'run.json'), 'utf8'));
  expect(record).toMatchObject({
    seed: 1,
    data: {
      path: at('data'),
      trainTokens: 1728,
      hashes: { train: expect.any(String), val: expect.any(String) },
    },
    sessions: [
      {
        fromStep: 0,
        backend: { name: 'reference', device: expect.any(String), deterministic: true },
        versions: { attune: '0.1.0', node: process.version },
      },
    ],
  });
});

describe('a run on a backend of somebody else', () => {
  const imported: string[] = [];
  const backend = {
    ...reference,
    create: async () => ({ ...(await reference.create()), name: 'Metal' }),
  };
  const importer = async (specifier: string) => {
    imported.push(specifier);
    if (/^@(me|you)\/metal$/.test(specifier)) return { backend };
    return import(specifier) as Promise<unknown>;
  };
  const attune = (...args: string[]) => runAttune(args, { importer });

  beforeAll(async () => {
    const flags = [...TINY, '--backend', '@me/metal'];
    await attune('pretrain', '--data', at('data'), '--out', at('theirs'), ...flags);
  });
  beforeEach(() => void imported.splice(0));

  test('its package is recorded beside its name', async () => {
    const { sessions } = JSON.parse(await readFile(at('theirs', 'run.json'), 'utf8')) as RunRecord;
    expect(sessions).toMatchObject([{ backend: { name: 'Metal', package: '@me/metal' } }]);
    const ours = JSON.parse(await readFile(at('run', 'run.json'), 'utf8')) as RunRecord;
    expect(ours.sessions).toMatchObject([{ backend: { package: '@attune/backend-reference' } }]);
  });

  test('is verified when the package is named', async () => {
    const { code, stdout } = await attune('verify', at('theirs'), '--backend', '@me/metal', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ tolerance: 0, maxLossDifference: 0, agrees: true });
  });

  test('on another package of the same display name, agreement to 1e-5 is asked for', async () => {
    const { code, stdout } = await attune('verify', at('theirs'), '--backend', '@you/metal', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ backend: 'Metal', tolerance: 1e-5 });
  });

  test.each([
    ['verify', (run: string) => ['verify', run]],
    ['pretrain --resume', (run: string) => ['pretrain', '--resume', run, '--max-iters', '8']],
    [
      'pretrain --config',
      (run: string) => ['pretrain', '--config', join(run, 'config.yaml'), '--out', at('x')],
    ],
  ])('%s asks for the flag, loads nothing and advises to install nothing', async (_, args) => {
    const { code, stderr } = await attune(...args(at('theirs')));
    expect(stderr).toMatch(/INVALID_CONFIG: .*the package "@me\/metal".*trust it: --backend @me\/metal/s);
    expect(stderr).not.toMatch(/npm install/);
    expect(imported).toEqual([]);
    expect(code).toBe(2);
  });

  test('text that is no name of a package is not offered for a shell', async () => {
    await cp(at('theirs'), at('hostile'), { recursive: true });
    const text = await readFile(at('theirs', 'run.json'), 'utf8');
    await writeFile(at('hostile', 'run.json'), text.replace('@me/metal', 'x; touch y \\u001b[2J'));
    const { stderr } = await attune('verify', at('hostile'));
    expect(stderr).toContain('the package "x; touch y \\u001b[2J"');
    expect(stderr).not.toMatch(/--backend x|\u001b\[2J/);
  });

  test('a record without the package: the display name is not taken for one', async () => {
    await cp(at('theirs'), at('earlier'), { recursive: true });
    const record = JSON.parse(await readFile(at('theirs', 'run.json'), 'utf8')) as RunRecord;
    const [session] = record.sessions;
    const backend = { name: 'Metal', device: 'a test', deterministic: true };
    await writeFile(
      at('earlier', 'run.json'),
      JSON.stringify({ ...record, sessions: [{ ...session, backend }] }),
    );
    const { code, stderr } = await attune('verify', at('earlier'));
    expect(stderr).toMatch(
      /INVALID_CONFIG: .*run\.json names the backend "Metal".*Give the package with --backend/s,
    );
    expect(stderr).not.toMatch(/npm install|--backend Metal/);
    expect(imported).toEqual([]);
    expect(code).toBe(2);
  });

  test('finetune --resume asks for it, too', async () => {
    await mkdir(at('tuned'));
    await writeFile(at('tuned', 'config.yaml'), "method: lora\nmodel: m\ndata: d\nbackend: '@me/metal'\n");
    const { code, stderr } = await attune('finetune', '--resume', at('tuned'));
    expect(stderr).toMatch(/INVALID_CONFIG: .*the package "@me\/metal"/s);
    expect(code).toBe(2);
  });

  test('it is resumed when the package is named', async () => {
    const args = ['pretrain', '--resume', at('theirs'), '--max-iters', '8', '--backend', '@me/metal'];
    expect(await attune(...args)).toMatchObject({ code: 0 });
  });
});
