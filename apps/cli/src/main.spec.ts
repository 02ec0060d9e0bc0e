import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { InterruptSignal } from './environment/process-interrupts.js';
import { runAttune, TEXT, TINY } from './testing/run-attune.js';

let folder: string;
let data: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-cli-'));
  data = join(folder, 'data');
  await writeFile(join(folder, 'text.txt'), TEXT);
});
afterAll(() => rm(folder, { recursive: true }));

const jsonLines = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, number>);

describe('from a text to a talking model', () => {
  const run = () => join(folder, 'run');

  test('prepare writes token files', async () => {
    const { code, stdout } = await runAttune(['prepare', join(folder, 'text.txt'), '--out', data, '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ trainTokens: 1728, valTokens: 192, vocabSize: 15 });
    expect((await readdir(data)).sort()).toEqual(['meta.json', 'train.bin', 'val.bin']);
  });

  test('prepare trains a vocabulary on the text', async () => {
    const prepareBpe = (...flags: string[]) =>
      runAttune(['prepare', join(folder, 'text.txt'), '--out', join(folder, 'bpe'), '--overwrite', ...flags]);
    const sizes = ['--vocab-size', '270', '--min-frequency', '2', '--special-tokens', '<|a|>', '<|b|>'];
    const { code, stdout } = await prepareBpe('--tokenizer', 'bpe', ...sizes, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ vocabSize: 270, tokenizer: { kind: 'huggingface' } });
    const json = JSON.parse(await readFile(join(folder, 'bpe', 'tokenizer.json'), 'utf8')) as {
      added_tokens: { content: string }[];
      model: { merges: string[][] };
    };
    expect(json.added_tokens.map(({ content }) => content)).toEqual(['<|a|>', '<|b|>']);
    expect(json.model.merges).toHaveLength(270 - 256 - 2);

    const bytes = await prepareBpe('--tokenizer', 'bpe', '--vocab-size', '256', '--no-special-tokens');
    expect(bytes).toMatchObject({ code: 0, stdout: expect.stringContaining('vocabulary of 256,') });
    const misplaced = await prepareBpe('--vocab-size', '270');
    expect(misplaced).toMatchObject({ code: 2, stdout: '' });
    expect(misplaced.stderr).toContain('--vocab-size goes with --tokenizer bpe, but it is char.');
    const small = await prepareBpe('--tokenizer', 'bpe', '--vocab-size', '100');
    expect(small.stderr).toContain('vocabSize must be a whole number from 257');
  });

  test('pretrain writes a run', async () => {
    const { code, stdout, stderr } = await runAttune(['pretrain', '--data', data, '--out', run(), ...TINY]);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toMatch(/step 6: train loss [\d.]+, val loss [\d.]+/);
    expect(stdout).toContain('It now writes:');
    expect((await readdir(run())).sort()).toEqual([
      'checkpoints',
      'config.yaml',
      'final',
      'metrics.jsonl',
      'run.json',
      'samples',
    ]);
    expect((await readdir(join(run(), 'checkpoints'))).sort()).toEqual(['best', 'step-4', 'step-6']);
    expect((await readdir(join(run(), 'samples'))).sort()).toEqual(['step-3.txt', 'step-6.txt']);
    expect(await readdir(join(run(), 'final'))).toEqual(
      expect.arrayContaining(['config.json', 'meta.json', 'model.safetensors', 'tokenizer.json']),
    );
  });

  test('its metrics have one object for each step, from step 1', async () => {
    const metrics = jsonLines(await readFile(join(run(), 'metrics.jsonl'), 'utf8'));
    expect(metrics.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6]);
    for (const metric of metrics) {
      for (const key of ['epoch', 'loss', 'lr', 'gradNorm', 'tokens', 'tokensPerSecond', 'stepMs']) {
        expect(metric[key]).toEqual(expect.any(Number));
      }
    }
    expect(metrics.flatMap(({ step, valLoss }) => (valLoss === undefined ? [] : [step]))).toEqual([3, 6]);
    expect(metrics[5]).toMatchObject({ tokens: 6 * 2 * 8, perplexity: Math.exp(metrics[5]!['valLoss']!) });
    expect(metrics[0]!['lr']).toBeCloseTo(1e-3 / 3, 12);
  });

  test('its configuration is whole, and can be used again', async () => {
    const path = join(run(), 'config.yaml');
    const config = parse(await readFile(path, 'utf8')) as Record<string, unknown>;
    expect(config).toMatchObject({
      data,
      nEmbd: 8,
      beta1: 0.9,
      minLr: 1e-4,
      lrDecayIters: 6,
      backend: 'reference',
    });
    const again = join(folder, 'again');
    const { code } = await runAttune(['pretrain', '--config', path, '--out', again]);
    expect(code).toBe(0);
    const losses = async (of: string) =>
      jsonLines(await readFile(join(of, 'metrics.jsonl'), 'utf8')).map(({ loss }) => loss);
    expect(await losses(again)).toEqual(await losses(run()));
  });

  test('evaluate scores every target of the split once', async () => {
    const args = ['evaluate', '--model', run(), '--data', data, '--backend', 'reference', '--json'];
    const whole = await runAttune(args);
    expect(whole.code).toBe(0);
    const result = JSON.parse(whole.stdout) as Record<string, number>;
    expect(Object.keys(result)).toEqual(['loss', 'perplexity', 'tokens']);
    expect(result).toMatchObject({ tokens: 191, perplexity: Math.exp(result['loss']!) });
    const train = JSON.parse((await runAttune([...args, '--split', 'train'])).stdout) as typeof result;
    expect(train['tokens']).toBe(1727);
  });

  test('generate continues a prompt, the same for the same seed', async () => {
    const args = [
      'generate',
      '--model',
      run(),
      '--prompt',
      'the ',
      '--max-new-tokens',
      '9',
      '--backend',
      'reference',
    ];
    const first = await runAttune(args);
    expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/^the [^]{9}\n$/) });
    expect(await runAttune(args)).toEqual(first);
    const json = await runAttune([...args, '--json', '--num-samples', '2']);
    const [one, two] = jsonLines(json.stdout);
    expect(one).toMatchObject({ prompt: 'the ', tokens: 9, finishReason: 'length' });
    expect(first.stdout).toBe(`the ${one!['text']}\n`);
    expect(two!['text']).not.toBe(one!['text']);
  });

  test('a stop text ends it', async () => {
    const args = [
      'generate',
      '--model',
      run(),
      '--max-new-tokens',
      '400',
      '--stop',
      'a',
      't',
      '--backend',
      'reference',
    ];
    const { stdout } = await runAttune([...args, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      finishReason: 'stop',
      text: expect.not.stringMatching(/[at]/),
    });
  });

  test('a model can be trained further, with a block size below its positions', async () => {
    const out = join(folder, 'further');
    const flags = [
      '--max-iters',
      '2',
      '--batch-size',
      '2',
      '--block-size',
      '4',
      '--backend',
      'reference',
      '--json',
    ];
    const args = ['pretrain', '--init-from', join(run(), 'final'), '--data', data, '--out', out, ...flags];
    const { code, stdout, stderr } = await runAttune(args);
    expect(stderr).not.toContain('error');
    expect(code).toBe(0);
    expect(jsonLines(stdout).map(({ step }) => step)).toEqual([1, 2]);
    const config = JSON.parse(await readFile(join(out, 'final', 'config.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    expect(config).toMatchObject({ n_positions: 8, n_embd: 8 });
  });

  test('a run is not overwritten unasked', async () => {
    const args = ['pretrain', '--data', data, '--out', run(), ...TINY];
    expect(await runAttune(args)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('already holds'),
    });
    await writeFile(join(run(), 'notes.txt'), 'mine');
    await writeFile(join(run(), 'samples', 'notes.txt'), 'mine');
    expect(await runAttune([...args, '--overwrite', '--max-iters', '2'])).toMatchObject({ code: 0 });
    expect(jsonLines(await readFile(join(run(), 'metrics.jsonl'), 'utf8'))).toHaveLength(2);
    expect(await readFile(join(run(), 'notes.txt'), 'utf8')).toBe('mine');
    expect((await readdir(join(run(), 'samples'))).sort()).toEqual(['notes.txt', 'step-2.txt']);
  });
});

test('without data, the embedded stories are learned', async () => {
  const out = join(folder, 'stories');
  const { code, stdout } = await runAttune(['pretrain', '--out', out, ...TINY, '--max-iters', '1']);
  expect(code).toBe(0);
  expect(stdout).toContain('the embedded stories');
  expect(await readdir(join(out, 'data'))).toContain('train.bin');
});

test('Ctrl-C writes a checkpoint of the step in progress, and ends with 130', async () => {
  const out = join(folder, 'interrupted');
  let interrupt: (signal: InterruptSignal) => void = () => {};
  const finished = runAttune(['pretrain', '--data', data, '--out', out, ...TINY, '--max-iters', '100000'], {
    onInterrupt: (listener) => {
      interrupt = listener;
      return () => undefined;
    },
  });
  while ((await readFile(join(out, 'metrics.jsonl'), 'utf8').catch(() => '')) === '') {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  interrupt('SIGINT');
  const { code, stdout, stderr } = await finished;
  expect(code).toBe(130);
  expect(stdout).toContain('Ctrl-C again leaves at once');
  const [, step] = /Stopped after step (\d+)/.exec(stderr) ?? [];
  expect(await readdir(join(out, 'checkpoints'))).toContain(`step-${step}`);
  expect(jsonLines(await readFile(join(out, 'metrics.jsonl'), 'utf8'))).toHaveLength(Number(step));
  const generated = await runAttune([
    'generate',
    '--model',
    out,
    '--max-new-tokens',
    '2',
    '--backend',
    'reference',
  ]);
  expect(generated.code).toBe(0);
});

test('a second Ctrl-C leaves at once', async () => {
  const exits: number[] = [];
  await runAttune(['pretrain', '--data', data, '--out', join(folder, 'twice'), ...TINY], {
    onInterrupt: (listener) => {
      setImmediate(() => listener('SIGINT'));
      setImmediate(() => listener('SIGINT'));
      return () => undefined;
    },
    exit: (code) => void exits.push(code),
  });
  expect(exits).toEqual([130]);
});

test('doctor looks at each backend, and names the one auto picks', async () => {
  const { code, stdout } = await runAttune(['doctor', '--json']);
  expect(code).toBe(0);
  const { node, backends, auto, cuda } = JSON.parse(stdout) as {
    node: string;
    auto: string;
    backends: { name: string; available: boolean; fix?: string; skippedByAuto?: string }[];
    cuda: { name: string; ok: boolean }[];
  };
  expect(node).toBe(process.version);
  expect(backends.map(({ name }) => name)).toEqual(['cuda', 'webgpu', 'cpu', 'wasm', 'reference']);
  expect(auto).toBe(backends.find(({ available, skippedByAuto }) => available && !skippedByAuto)!.name);
  expect(cuda.map(({ name }) => name)).toEqual(expect.arrayContaining(['driver', 'node', 'package']));
  expect((await runAttune(['doctor'])).stdout).toContain(`--backend auto picks ${auto}.`);
});

test('help and version are no errors', async () => {
  const manifest = await readFile(new URL('../package.json', import.meta.url), 'utf8');
  const { version: ownVersion } = JSON.parse(manifest) as { version: string };
  expect(await runAttune(['--version'])).toMatchObject({ code: 0, stdout: `${ownVersion}\n` });
  expect(await runAttune([])).toMatchObject({ code: 0, stdout: expect.stringContaining('pretrain') });
  const { code, stdout } = await runAttune(['pretrain', '--help']);
  expect(code).toBe(0);
  expect(stdout).toContain('shakespeare-char-cpu');
});
