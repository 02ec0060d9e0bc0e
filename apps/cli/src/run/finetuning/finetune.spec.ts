import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { StepMetrics } from '@attune/core';
import { readSafetensors } from '@attune/formats/node';
import { runAttune } from '../../testing/run-attune.js';
import { LOCK_FILE } from '@attune/files/node';

/** A tiny Llama, rows of a task, and how PyTorch and peft train on them. */
const fixture = (path: string) =>
  fileURLToPath(
    new URL(`../../../../../packages/backend-testkit/fixtures/finetune_llama/${path}`, import.meta.url),
  );

interface Case {
  readonly losses: Readonly<Record<'full' | 'freeze' | 'lora', readonly number[]>>;
  readonly evaluation: Readonly<Record<'model' | 'adapter', { loss: number; tokens: number }>>;
}

let folder: string;
let pinned: Case;
const at = (...names: string[]) => join(folder, ...names);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-finetune-'));
  pinned = JSON.parse(await readFile(fixture('case.json'), 'utf8'));
});
afterAll(() => rm(folder, { recursive: true }));

/** The settings of the fixture: those of PyTorch's run. */
const SETTINGS = [
  ...['--backend', 'reference', '--sampling', 'sequential', '--batch-size', '4', '--samples', '0'],
  ...['--learning-rate', '1e-3', '--min-lr', '1e-4', '--warmup-iters', '0', '--lr-decay-iters', '10'],
  ...['--weight-decay', '0.1', '--beta2', '0.95', '--grad-clip', '1', '--max-iters', '10'],
];
const finetune = (out: string, ...flags: string[]) => {
  const given = (flag: string) => flags.includes(flag);
  return runAttune([
    ...['finetune', '--out', at(out), ...SETTINGS],
    ...(given('--model') ? [] : ['--model', fixture('model')]),
    ...(given('--data') ? [] : ['--data', fixture('rows.jsonl')]),
    ...flags,
  ]);
};

const metricsOf = async (run: string): Promise<StepMetrics[]> =>
  (await readFile(at(run, 'metrics.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
const lossesOf = async (run: string) => (await metricsOf(run)).map(({ loss }) => loss);

const METHODS: [keyof Case['losses'], string[]][] = [
  ['full', ['--method', 'full']],
  ['freeze', ['--method', 'freeze', '--freeze-layers', '1']],
  ['lora', ['--method', 'lora', '--adapter', fixture('adapter')]],
];

test.each(METHODS)('%s goes as in PyTorch, step by step', async (method, flags) => {
  const { code, stderr } = await finetune(method, ...flags);
  expect([code, stderr]).toEqual([0, '']);
  const losses = await lossesOf(method);
  expect(losses).toHaveLength(10);
  losses.forEach((loss, i) => expect(Math.abs(loss - pinned.losses[method][i]!)).toBeLessThan(1e-5));
});

test('freezing by globs is the same as by depth', async () => {
  await finetune('globs', '--method', 'freeze', '--freeze', 'model.embed_tokens.*', 'model.layers.0.*');
  expect(await lossesOf('globs')).toEqual(await lossesOf('freeze'));
});

test('what is frozen stays as it was, bit by bit', async () => {
  const before = await readSafetensors(fixture('model/model.safetensors'));
  const after = await readSafetensors(at('freeze', 'final', 'model.safetensors'));
  const changed = Object.keys(after).filter(
    (name) => String(after[name]!.data) !== String(before[name]!.data),
  );
  expect(changed.length).toBeGreaterThan(0);
  expect(changed.every((name) => name.startsWith('model.layers.1.') || name === 'model.norm.weight')).toBe(
    true,
  );
});

test('evaluation is that of transformers and peft, token by token', async () => {
  const evaluate = async (...flags: string[]) => {
    const { stdout } = await runAttune([
      ...['evaluate', '--model', fixture('model'), '--data', fixture('rows.jsonl'), '--json'],
      ...['--backend', 'reference', '--batch-size', '5', ...flags],
    ]);
    return JSON.parse(stdout) as { loss: number; tokens: number };
  };
  const model = await evaluate();
  expect(model.tokens).toBe(pinned.evaluation.model.tokens);
  expect(model.loss).toBeCloseTo(pinned.evaluation.model.loss, 5);
  expect((await evaluate('--adapter', fixture('adapter'))).loss).toBeCloseTo(
    pinned.evaluation.adapter.loss,
    5,
  );
});

test('any split of a step into micro-batches gives the same losses, where an epoch ends too', async () => {
  // Of 24 rows, the third step takes the last 6, and the fourth begins anew.
  await finetune('whole', '--method', 'full', '--max-iters', '4', '--batch-size', '9');
  for (const size of ['1', '3']) {
    const split = `split-${size}`;
    const steps = String(9 / Number(size));
    await finetune(
      split,
      '--method',
      'full',
      '--max-iters',
      '4',
      '--batch-size',
      size,
      '--gradient-accumulation-steps',
      steps,
    );
    const whole = await lossesOf('whole');
    (await lossesOf(split)).forEach((loss, i) => expect(loss).toBeCloseTo(whole[i]!, 5));
  }
});

describe('a run that is interrupted goes on', () => {
  /** Trains with the metrics on stdout, and hears Ctrl-C at one of them. */
  const interruptedAfter = async (run: string, step: number, flags: readonly string[]) => {
    let interrupt = () => undefined as void;
    let lines = 0;
    const stdout = new Writable({
      write(chunk: Buffer, _encoding, done) {
        lines += chunk.toString().split('\n').length - 1;
        if (lines === step) interrupt();
        done();
      },
    });
    const args = ['finetune', '--model', fixture('model'), '--data', fixture('rows.jsonl'), ...SETTINGS];
    const finished = await runAttune([...args, '--out', at(run), '--json', ...flags], {
      stdout,
      onInterrupt: (listener) => {
        interrupt = () => listener('SIGINT');
        return () => undefined;
      },
    });
    expect(finished.stderr).toMatch(/Stopped after step \d\. .*attune finetune --resume/);
    return runAttune(['finetune', '--resume', at(run)]);
  };

  test.each<[string, string[]]>([
    ['LoRA with dropout', ['--lora-rank', '2', '--lora-dropout', '0.2', '--sampling', 'random']],
    [
      'DoRA, packed',
      ['--use-dora', '--packing', '--max-length', '48', '--batch-size', '2', '--sampling', 'random'],
    ],
    ['all weights, packed', ['--method', 'full', '--packing', '--max-length', '48', '--batch-size', '1']],
    ['frozen layers', ['--method', 'freeze', '--freeze-layers', '1', '--gradient-accumulation-steps', '2']],
    [
      'evaluations on a part of the rows',
      [
        ...['--eval-interval', '2', '--eval-iters', '1', '--validation-fraction', '0.4'],
        ...['--batch-size', '1', '--method', 'freeze', '--freeze-layers', '1'],
      ],
    ],
  ])('%s: bit by bit as if it had not been', async (name, flags) => {
    const [whole, broken] = [`whole ${name}`, `broken ${name}`];
    expect((await finetune(whole, ...flags)).stderr).toBe('');
    const resumed = await interruptedAfter(broken, 4, flags);
    expect([resumed.code, resumed.stderr]).toEqual([0, '']);
    const logged = async (run: string) => (await metricsOf(run)).map(({ loss, valLoss }) => [loss, valLoss]);
    expect(await logged(broken)).toEqual(await logged(whole));
    const weights = (await readdir(at(whole, 'final'))).find((file) => file.endsWith('.safetensors'))!;
    expect(await readSafetensors(at(broken, 'final', weights))).toEqual(
      await readSafetensors(at(whole, 'final', weights)),
    );
  });

  test('but not with another base, another method or other data', async () => {
    await cp(fixture('model'), at('base'), { recursive: true });
    await finetune('moved', '--model', at('base'), '--max-iters', '2');
    const resume = (...flags: string[]) =>
      runAttune(['finetune', '--resume', at('moved'), '--max-iters', '4', ...flags]);
    expect((await resume('--lora-rank', '3')).stderr).toMatch(/INVALID_CONFIG.*--lora-rank is 3/);
    const other = at('other.jsonl');
    await writeFile(other, '{"prompt":"Tom has a ","completion":"kite"}\n');
    expect((await resume('--data', other)).stderr).toMatch(/CHECKPOINT_MISMATCH.*training data/);
    await cp(at('full', 'final', 'model.safetensors'), at('base', 'model.safetensors'));
    expect((await resume()).stderr).toMatch(/CHECKPOINT_MISMATCH.*weights of.*not those/);
  });
});

test('is not taken for a run of pretraining', async () => {
  const { stderr } = await runAttune(['pretrain', '--resume', at('full')]);
  expect(stderr).toMatch(/INVALID_CONFIG: .*is a run of fine-tuning/);
});

test('the finished weights are stored as asked for', async () => {
  await finetune('stored', '--method', 'full');
  await finetune('stored-bf16', '--method', 'full', '--dtype', 'bf16');
  expect(JSON.parse(await readFile(at('stored-bf16', 'final', 'config.json'), 'utf8'))).toMatchObject({
    dtype: 'bfloat16',
  });
  const [whole, half] = await Promise.all(
    ['stored', 'stored-bf16'].map((run) => readSafetensors(at(run, 'final', 'model.safetensors'))),
  );
  for (const [name, { data }] of Object.entries(whole!)) {
    const stored = half![name]!.data;
    data.forEach((value, i) =>
      expect(Math.abs(stored[i]! - value)).toBeLessThanOrEqual(Math.abs(value) / 256),
    );
  }
  const sizes = ['stored', 'stored-bf16'].map(
    async (run) => (await stat(at(run, 'final', 'model.safetensors'))).size,
  );
  const [large, small] = await Promise.all(sizes);
  expect(small! / large!).toBeLessThan(0.7);
});

describe('adapters', () => {
  const configOf = async (run: string) =>
    JSON.parse(await readFile(at(run, 'final', 'adapter_config.json'), 'utf8')) as Record<string, unknown>;

  test('a pattern, and names, choose the same layers; the head may be among them, in chunks', async () => {
    const once = ['--max-iters', '1', '--lr-decay-iters', '1'];
    await finetune('named', ...once, '--target-modules', 'q_proj', 'lm_head');
    await finetune('matched', ...once, '--chunk-tokens', '8', '--target-modules', '(?i).*Q_PROJ|lm_head');
    const { target_modules: targets } = await configOf('matched');
    expect(targets).toEqual([
      'model.layers.0.self_attn.q_proj',
      'model.layers.1.self_attn.q_proj',
      'lm_head',
    ]);
    const [named, matched] = await Promise.all(['named', 'matched'].map(lossesOf));
    expect(Math.abs(named![0]! - matched![0]!)).toBeLessThan(1e-6);
  });

  test('the base model is named as it was given, and found by that', async () => {
    const base = relative(process.cwd(), fixture('model'));
    const once = ['--max-iters', '1', '--lr-decay-iters', '1'];
    await finetune('relative', ...once, '--model', base);
    const named = (await configOf('relative'))['base_model_name_or_path'] as string;
    expect([base, `./${base}`]).toContain(named);
    expect(named).toMatch(/^\./);
    const evaluate = () =>
      runAttune([
        'evaluate',
        '--model',
        at('relative'),
        '--data',
        fixture('rows.jsonl'),
        '--backend',
        'reference',
      ]);
    expect((await evaluate()).code).toBe(0);
    const path = at('relative', 'final', 'adapter_config.json');
    await writeFile(
      path,
      JSON.stringify({ ...(await configOf('relative')), base_model_name_or_path: './gone' }),
    );
    expect((await evaluate()).stderr).toMatch(/FILE_NOT_FOUND.*was trained on \.\/gone.*--adapter/);
  });

  test('an absolute path of the base stays in the run, whose adapter finds the base by it', async () => {
    const once = ['--max-iters', '1', '--lr-decay-iters', '1'];
    await finetune('absolute', ...once, '--model', fixture('model'));
    expect((await configOf('absolute'))['base_model_name_or_path']).toBe('./model');
    const texts = await readFile(at('absolute', 'final', 'adapter_config.json'), 'utf8');
    expect(texts).not.toContain(fixture('model'));
    const generate = (path: string) =>
      runAttune([
        ...['generate', '--prompt', 'Tom', '--max-new-tokens', '1', '--backend', 'reference'],
        ...['--model', path],
      ]);
    for (const path of [[], ['final'], ['checkpoints', 'step-1']]) {
      expect(await generate(at('absolute', ...path))).toMatchObject({ code: 0, stderr: '' });
    }
    await cp(at('absolute', 'final'), at('published'), { recursive: true });
    expect((await generate(at('published'))).stderr).toMatch(
      /FILE_NOT_FOUND.*trained on \.\/model.*--adapter/,
    );
  });

  const logitsOf = async (...flags: string[]) => {
    const { stdout, stderr } = await runAttune([
      ...['generate', '--prompt', 'Tom has a ', '--temperature', '0', '--max-new-tokens', '8', '--json'],
      ...['--backend', 'reference', ...flags],
    ]);
    expect(stderr).toBe('');
    return JSON.parse(stdout).text as string;
  };

  test('a run of LoRA is an adapter that names its model, and generates as one merged', async () => {
    expect((await readdir(at('lora', 'final'))).sort()).toEqual(
      expect.arrayContaining(['adapter_config.json', 'adapter_model.safetensors', 'tokenizer.json']),
    );
    const { code, stdout } = await runAttune([
      'merge',
      '--model',
      at('lora'),
      '--out',
      at('merged'),
      '--json',
    ]);
    expect([code, JSON.parse(stdout).dtype]).toEqual([0, 'f32']);
    const text = await logitsOf('--model', at('lora'));
    expect(await logitsOf('--model', at('merged'))).toBe(text);
    expect(await logitsOf('--model', fixture('model'), '--adapter', at('lora'))).toBe(text);
  });

  test.each<[string, string[], RegExp]>([
    ['nothing to merge', ['--model', fixture('model')], /INVALID_CONFIG.*is no adapter/],
    [
      'one adapter too many',
      ['--model', fixture('adapter'), '--adapter', fixture('adapter')],
      /INVALID_CONFIG.*so is/,
    ],
    ['a base that is not said', ['--model', fixture('adapter')], /FILE_NOT_FOUND.*which model/],
  ])('%s is refused', async (_, flags, message) => {
    const { code, stderr } = await runAttune(['merge', ...flags, '--out', at('nothing')]);
    expect([code, stderr]).toEqual([expect.any(Number), expect.stringMatching(message)]);
    expect(code).not.toBe(0);
  });
});

describe('classes', () => {
  const rows = [...'ab'].flatMap((label) =>
    Array.from({ length: 12 }, (_, i) => ({ text: `${label === 'a' ? 'Tom' : 'Anna'} has ${i}`, label })),
  );

  test('a head learns them, on a frozen body or on adapters, and is scored', async () => {
    await writeFile(at('classes.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    const flags = [
      '--data',
      at('classes.jsonl'),
      '--learning-rate',
      '0.05',
      '--max-iters',
      '40',
      '--sampling',
      'random',
    ];
    for (const method of ['head', 'lora']) {
      const run = `classes-${method}`;
      expect((await finetune(run, ...flags, '--method', method)).stderr).toBe('');
      const { stdout } = await runAttune([
        ...[
          'evaluate',
          '--model',
          at(run),
          '--data',
          at('classes.jsonl'),
          '--backend',
          'reference',
          '--json',
        ],
      ]);
      // Neither tokens nor a perplexity: nothing is predicted token by token.
      expect(JSON.parse(stdout)).toEqual({
        loss: expect.any(Number),
        rows: 24,
        count: 24,
        accuracy: 1,
        labels: ['a', 'b'],
        confusion: [
          [12, 0],
          [0, 12],
        ],
      });
      const evaluated = (await metricsOf(run)).filter(({ valLoss }) => valLoss !== undefined);
      expect(evaluated.filter(({ perplexity }) => perplexity !== undefined)).toEqual([]);
    }
  });

  test('a head on a frozen body is the task classify, by its former name as well', async () => {
    const flags = ['--data', at('classes.jsonl'), '--max-iters', '2'];
    await finetune('head-formerly', ...flags, '--method', 'head');
    await finetune('head-now', ...flags, '--task', 'classify', '--method', 'freeze');
    const [formerly, now] = await Promise.all(['head-formerly', 'head-now'].map(metricsOf));
    expect(now!.map(({ loss, lr, gradNorm }) => [loss, lr, gradNorm])).toEqual(
      formerly!.map(({ loss, lr, gradNorm }) => [loss, lr, gradNorm]),
    );
    const { stderr } = await finetune('text', ...flags, '--task', 'sft');
    expect(stderr).toMatch(/INVALID_CONFIG.*--task sft learns text, but the rows/);
  });

  test('numbers are predicted to a mean squared error', async () => {
    const numbers = rows.map(({ text, label }) => ({ text, label: label === 'a' ? 0.25 : 0.5 }));
    await writeFile(at('numbers.jsonl'), numbers.map((row) => `${JSON.stringify(row)}\n`).join(''));
    await finetune('numbers', '--data', at('numbers.jsonl'), '--max-iters', '1', '--method', 'head');
    const evaluate = ['evaluate', '--model', at('numbers'), '--data', at('numbers.jsonl')];
    const { stdout } = await runAttune([...evaluate, '--backend', 'reference', '--json']);
    expect(JSON.parse(stdout)).toEqual({ loss: expect.any(Number), rows: 24 });
    const { stdout: told } = await runAttune([...evaluate, '--backend', 'reference']);
    expect(told).toMatch(/^mean squared error \d\.\d{4}, over 24 rows\n$/);
  });

  test('rows without labels train no head, and a language model does not write classes', async () => {
    const { stderr } = await finetune('none', '--method', 'head');
    expect(stderr).toMatch(/INVALID_CONFIG.*no label/);
    const { stderr: chat } = await runAttune(['generate', '--model', at('classes-head'), '--prompt', 'a']);
    expect(chat).toMatch(/UNSUPPORTED_MODEL.*classifier/);
  });
});

test('chat answers line by line, and begins anew when told to', async () => {
  // A template of the model's own is rendered in a thread, which needs the built package.
  const talk = async (...lines: string[]) => {
    const { code, stdout, stderr } = await runAttune(
      [
        'chat',
        '--model',
        at('full'),
        '--backend',
        'reference',
        '--temperature',
        '0',
        '--max-new-tokens',
        '6',
        '--template',
        'plain',
      ],
      { stdin: Readable.from(lines.map((line) => `${line}\n`)) },
    );
    expect([code, stderr]).toEqual([0, '']);
    return stdout.trimEnd().split('\n');
  };
  const [first, second] = await talk('Tom has a kite.', 'What?');
  expect((await talk('Tom has a kite.'))[0]).toBe(first);
  expect(second).toBeDefined();
  expect((await talk('Tom has a kite.', '/reset', 'Tom has a kite.')).at(-1)).toBe(first);
});

describe('bad input changes nothing', () => {
  test.each<[string, string[], RegExp]>([
    [
      'a glob that fits nothing',
      ['--method', 'freeze', '--freeze', 'h.*'],
      /INVALID_CONFIG.*No parameter's name fits "h.\*".*model.embed_tokens/,
    ],
    ['everything frozen', ['--method', 'freeze', '--freeze', '*'], /INVALID_CONFIG.*nothing to train/],
    ['nothing said to freeze', ['--method', 'freeze'], /INVALID_CONFIG.*does not say what/],
    ['rank 0', ['--lora-rank', '0'], /INVALID_CONFIG.*--lora-rank/],
    ['no such layer', ['--target-modules', 'c_attn'], /INVALID_CONFIG.*"c_attn".*q_proj, k_proj/],
    [
      'a pattern that fits nothing',
      ['--target-modules', 'q_proj|v_proj.*'],
      /INVALID_CONFIG.*fits no module\. It has to fit a whole path/,
    ],
    [
      'a pattern that fits more than linear layers',
      ['--target-modules', '.*attn.*'],
      /INVALID_CONFIG.*fits model\.layers\.0\.self_attn, which is no linear layer/,
    ],
    ['a broken pattern', ['--target-modules', '(q'], /INVALID_CONFIG.*a \( is not closed/],
    [
      'two patterns',
      ['--target-modules', '.*q_proj', '.*v_proj'],
      /INVALID_CONFIG.*stands alone.*'\.\*\(q_proj\|v_proj\)'/,
    ],
    [
      'a loss in chunks through a head that is no plain product',
      ['--target-modules', 'lm_head', '--use-dora', '--chunk-tokens', '8'],
      /INVALID_CONFIG.*--chunk-tokens does not go with an adapter on lm_head that has DoRA/,
    ],
    [
      'flags of another method',
      ['--method', 'full', '--use-dora'],
      /INVALID_CONFIG.*useDora goes with --method lora/,
    ],
    [
      'an adapter of another model',
      ['--adapter', fixture('../peft_lora/adapter')],
      /CHECKPOINT_MISMATCH.*not one for this model/,
    ],
    ['rows that are too long', ['--max-length', '5'], /EXAMPLE_TOO_LONG.*rows\.jsonl/],
    ['a model that is not there', ['--model', '/nowhere/at/all'], /FILE_NOT_FOUND/],
    ['data that is not there', ['--data', '/nowhere/at/all.jsonl'], /FILE_NOT_FOUND/],
    ['a learning rate that falls upward', ['--min-lr', '1'], /INVALID_CONFIG.*minLr/],
  ])('%s', async (_, flags, message) => {
    const { code, stderr } = await finetune('refused', ...flags);
    expect(stderr).toMatch(message);
    expect(code).not.toBe(0);
    expect(await readdir(folder)).not.toContain('refused');
  });

  test('an adapter is not laid over another', async () => {
    const { stderr } = await finetune('refused', '--model', at('lora'));
    expect(stderr).toMatch(/INVALID_CONFIG.*is an adapter.*--adapter.*attune merge/);
    expect(await readdir(folder)).not.toContain('refused');
  });

  test('a tokenizer of more tokens than the model has, with file and line', async () => {
    await cp(fixture('model'), at('larger'), { recursive: true });
    const path = at('larger', 'tokenizer.json');
    const tokenizer = JSON.parse(await readFile(path, 'utf8')) as { added_tokens: object[] };
    const added = { id: 280, content: 'kite', special: false, normalized: false };
    const rest = { single_word: false, lstrip: false, rstrip: false };
    tokenizer.added_tokens.push({ ...added, ...rest });
    await writeFile(path, JSON.stringify(tokenizer));
    await writeFile(at('kite.jsonl'), '{"prompt":"Tom has a ","completion":"kite"}\n');
    const given = ['--model', at('larger'), '--data', at('kite.jsonl')];
    const message = /TOKEN_OUT_OF_RANGE: .*kite\.jsonl, line 1: .* id 280, but .* 280 tokens/;
    expect((await finetune('refused', ...given)).stderr).toMatch(message);
    expect((await runAttune(['evaluate', ...given])).stderr).toMatch(message);
    expect(await readdir(folder)).not.toContain('refused');
  });

  test('malformed rows, with file and line', async () => {
    await writeFile(at('bad.jsonl'), '{"prompt":"a","completion":"b"}\n{"prompt":\n');
    expect((await finetune('refused', '--data', at('bad.jsonl'))).stderr).toMatch(
      /FILE_CORRUPT.*bad\.jsonl.*2/,
    );
    await writeFile(at('roles.jsonl'), '{"messages":[{"role":"robot","content":"x"}]}\n');
    expect((await finetune('refused', '--data', at('roles.jsonl'))).stderr).toMatch(
      /INVALID_EXAMPLE.*roles\.jsonl.*1.*robot/,
    );
  });

  test('a loss that is not a number leaves the last good checkpoint', async () => {
    const { code, stderr } = await finetune(
      'nan',
      '--method',
      'full',
      '--learning-rate',
      '1e38',
      '--grad-clip',
      '0',
      '--checkpoint-interval',
      '1',
    );
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/NON_FINITE.*checkpoint is .*step-\d/);
    expect(await readdir(at('nan'))).not.toContain(LOCK_FILE);
  });
});
