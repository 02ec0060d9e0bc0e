import { memoryFolder } from '@attune/files';
import { plainFormat } from '../record/plain-format.js';
import { HEADING } from '../record/run-files.js';
import { codeBlock, codeText, yamlText } from './escape.js';
import { modelCard } from './model-card.js';
import { readCardFacts } from './read-card-facts.js';

const CONFIG = {
  model: '/home/ann/secret-client/models/base/final',
  data: '/home/ann/secret-client/rows.jsonl',
  method: 'lora',
  dropout: 'model',
  loraRank: 4,
  learningRate: 3e-4,
  maxIters: 20,
  backend: '/home/ann/plugins/mine',
};

const RECORD = {
  format: 1,
  seed: 7,
  data: { path: CONFIG.data, trainTokens: 1234, hashes: { train: 'aa11', val: null } },
  sessions: [
    {
      fromStep: 0,
      startedAt: '2026-01-02T03:04:05.000Z',
      backend: { name: 'cpu', device: 'a processor', deterministic: true },
      versions: { attune: '0.1.0', node: 'v20.20.2', platform: 'linux x64' },
    },
  ],
};

const step = (n: number, more = {}) =>
  JSON.stringify({ step: n, epoch: n / 10, loss: 2 - n / 20, lr: 1e-4, tokens: 8 * n, ...more });

async function cardOf(
  {
    config = {},
    adapter = {},
    hub = {},
  }: { config?: object; adapter?: object; hub?: Record<string, string> } = {},
  more = {},
) {
  const run = memoryFolder();
  const final = run.folder('final');
  await run.make();
  await final.make();
  await run.write('config.yaml', plainFormat.write({ ...CONFIG, ...config }, HEADING));
  await run.write('run.json', JSON.stringify(RECORD));
  await run.write('metrics.jsonl', `${step(10, { valLoss: 1.25 })}\n${step(20, { valLoss: 1.5 })}\n`);
  const base = { base_model_name_or_path: './models/base/final', r: 4, lora_alpha: 8, ...adapter };
  await final.write('adapter_config.json', JSON.stringify(base));
  const request = {
    ...{ name: 'me/mine', attune: '0.1.0', run },
    files: ['adapter_config.json', 'adapter_model.safetensors', 'tokenizer.json'],
    ...more,
  };
  const facts = await readCardFacts(final, request, {
    format: plainFormat,
    hubName: async (text) => hub[text],
  });
  return modelCard(facts);
}

test('says what was trained, on what, how, and how well', async () => {
  const card = await cardOf({}, { license: 'mit', datasets: ['ann/rows'] });
  expect(card).toMatch(/^---\nlicense: "mit"\nlibrary_name: peft\npipeline_tag: text-generation\n/);
  expect(card).toContain('datasets:\n  - "ann/rows"');
  expect(card).toContain('A LoRA adapter of `base`, rank 4, alpha 8.');
  expect(card).toContain('Trained on `rows.jsonl`, 1,234 tokens.');
  expect(card).toContain('| validation loss, step 20 | 1.5000 |');
  expect(card).toContain('| lowest validation loss, step 10 | 1.2500 |');
  expect(card).toContain('with attune `0.1.0` and Node `v20.20.2`, seed 7');
});

test('has the command, with what differs from the defaults', async () => {
  const card = await cardOf();
  expect(card).toContain(
    'attune finetune --model base --data rows.jsonl --lora-rank 4 --learning-rate 0.0003 --max-iters 20 --out run',
  );
});

test('says nothing of where things are on this machine', async () => {
  expect(await cardOf()).not.toMatch(/home|ann|secret|plugins|\/models/);
});

test('names a base of the hub in its metadata', async () => {
  const hub = { 'org/base': 'org/base' };
  const adapter = { base_model_name_or_path: 'org/base' };
  const card = await cardOf({ config: { model: 'org/base' }, adapter, hub });
  expect(card).toContain('base_model: "org/base"\nbase_model_relation: adapter');
  expect(card).toContain('PeftModel.from_pretrained(base, "me/mine")');
  expect(card).toContain('npx attune generate --model org/base --adapter adapter');
});

test('quotes what strangers wrote', async () => {
  const evil = '](javascript:x) <script>`|\n---\nlicense: mit\n```';
  const card = await cardOf({
    config: { data: `x/${evil}`, template: evil },
    adapter: { base_model_name_or_path: evil, r: evil },
  });
  const outside = card.replaceAll(/(`+)(?:(?!\1).|\n)*?\1/g, '');
  expect(outside).not.toMatch(/script|javascript/);
  expect(card.match(/^---$/gm)).toHaveLength(2);
  expect(card.match(/^license:/gm)).toBeNull();
});

test.each([
  ['a plain text', 'org/base', '"org/base"'],
  ['the end of a document', 'a\n---\nb: c', '"a --- b: c"'],
  ['quotes', 'a": b', '"a\\": b"'],
  ['letters of others', 'é', '"\\u00e9"'],
])('as YAML, %s is a string', (_, text, written) => {
  expect(yamlText(text)).toBe(written);
});

test.each([
  ['a`b', '``a`b``'],
  ['`a`', '`` `a` ``'],
  ['a | b', '`a \\| b`'],
  ['a\nb', '`a b`'],
  ['', '(empty)'],
])('as Markdown, %j is code that ends where it ends', (text, written) => {
  expect(codeText(text)).toBe(written);
});

test('a block of code is not ended by what is in it', () => {
  expect(codeBlock('a\n```\n# b', 'sh')).toBe('````sh\na\n```\n# b\n````');
});
