import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runAttune, TEXT, TINY } from './testing/run-attune.js';

let folder: string;
const at = (...parts: string[]) => join(folder, ...parts);

/** Token files made elsewhere. */
async function tokenFolder(name: string, train: Uint8Array, vocabSize = 16): Promise<void> {
  await mkdir(at(name));
  await writeFile(at(name, 'train.bin'), train);
  await writeFile(at(name, 'val.bin'), train);
  await writeFile(at(name, 'meta.json'), JSON.stringify({ dtype: 'uint16', vocabSize, tokenizer: null }));
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-bad-'));
  await writeFile(at('text.txt'), TEXT);
  await writeFile(at('empty.txt'), '');
  await runAttune(['prepare', at('text.txt'), '--out', at('data')]);
  await runAttune(['pretrain', '--data', at('data'), '--out', at('run'), ...TINY, '--max-iters', '1']);
  await tokenFolder('empty', new Uint8Array(0));
  await tokenFolder('odd', new Uint8Array(101));
  await tokenFolder('short', new Uint8Array(10));
  await tokenFolder('foreign-ids', new Uint8Array(400).fill(99));
  await tokenFolder('wide', new Uint8Array(400), 500);
  await cp(at('run', 'final'), at('broken'), { recursive: true });
  await writeFile(at('broken', 'model.safetensors'), 'not a safetensors file');
  await cp(at('run', 'final'), at('llama'), { recursive: true });
  await writeFile(
    at('llama', 'config.json'),
    JSON.stringify({ model_type: 'gemma2', architectures: ['LlamaForCausalLM'] }),
  );
  await writeFile(at('other.txt'), TEXT.replaceAll('t', 'x'));
  await runAttune(['prepare', at('other.txt'), '--out', at('other')]);
});
afterAll(() => rm(folder, { recursive: true }));

// `@name` stands for a path in the folder, which is known only when the tests run.
const located = (args: readonly string[]) =>
  args.map((arg) => (arg.startsWith('@') ? at(arg.slice(1)) : arg));
const pretrain = (...args: string[]) => ['pretrain', '--out', '@out', ...TINY, ...args];
const evaluate = (...args: string[]) => ['evaluate', '--backend', 'reference', ...args];

const cases: [what: string, args: string[], code: number, message: RegExp][] = [
  ['a command that does not exist', ['pretrian'], 2, /UNKNOWN_KEY.*Did you mean "pretrain"\?/],
  [
    'threads that are no number',
    pretrain('--data', '@data', '--threads', 'two'),
    2,
    /INVALID_CONFIG.*--threads.*'two' is invalid. It has to be a whole number/,
  ],
  [
    'a flag that does not exist',
    ['pretrain', '--batch-sise', '2'],
    2,
    /UNKNOWN_KEY.*Did you mean "--batch-size"\?/,
  ],
  ['an argument too many', ['generate', '@run'], 2, /INVALID_CONFIG: Too many .* but got 1\. Run/],
  ['a model that is a file', ['generate', '--model', '@text.txt'], 4, /text\.txt is a file, not the folder/],
  ['a flag without its value', ['pretrain', '--batch-size'], 2, /INVALID_CONFIG.*argument missing/],
  ['a missing folder flag', ['pretrain'], 2, /INVALID_CONFIG.*--out <dir> is missing/],
  ['a number that is none', pretrain('--max-iters', 'ten'), 2, /--max-iters must be a whole number/],
  ['a preset that does not exist', pretrain('--preset', 'storys'), 2, /Did you mean "stories"\?/],
  ['an impossible shape', pretrain('--n-embd', '10', '--n-head', '4'), 2, /nEmbd is 10 and nHead is 4/],
  ['an unknown backend', pretrain('--backend', 'wsm'), 3, /UNKNOWN_BACKEND.*Did you mean "wasm"\?/],

  ['a missing text', ['prepare', '@none.txt', '--out', '@out'], 4, /FILE_NOT_FOUND.*none\.txt/],
  ['an empty text', ['prepare', '@empty.txt', '--out', '@out'], 4, /FILE_EMPTY.*empty\.txt/],
  [
    'a file where the folder is to be',
    ['prepare', '@text.txt', '--out', '@text.txt'],
    3,
    /FILE_WRITE.*a file is where a folder has to be.*another name/,
  ],
  [
    'another data set in the folder',
    ['prepare', '@other.txt', '--out', '@data'],
    2,
    /INVALID_CONFIG.*already holds token files: meta\.json, train\.bin, val\.bin.*--overwrite/,
  ],
  ['no text', ['prepare', '--out', '@out'], 2, /INVALID_CONFIG.*missing required argument/i],
  [
    'a text taken for a special token',
    ['prepare', '--out', '@out', '--tokenizer', 'bpe', '--special-tokens', '<a>', '@text.txt'],
    2,
    /missing required argument.*takes all that follow/i,
  ],
  [
    'a missing tokenizer',
    ['prepare', '@text.txt', '--tokenizer', 'chars', '--out', '@out'],
    4,
    /Did you mean "char"\?/,
  ],

  ['missing data', pretrain('--data', '@none'), 4, /FILE_NOT_FOUND.*attune prepare/],
  ['a text in place of token files', pretrain('--data', '@text.txt'), 4, /attune prepare .*text\.txt --out/],
  ['an empty token file', pretrain('--data', '@empty'), 4, /FILE_EMPTY/],
  ['an odd-sized token file', pretrain('--data', '@odd'), 4, /FILE_CORRUPT.*101 bytes/],
  ['data shorter than a block', pretrain('--data', '@short'), 4, /DATA_TOO_SHORT.*blockSize of at most 4/],
  ['a token id above the vocabulary', pretrain('--data', '@foreign-ids'), 4, /TOKEN_OUT_OF_RANGE/],
  [
    'data with a larger vocabulary than the model',
    pretrain('--data', '@wide', '--init-from', '@run', '--n-embd', '8'),
    4,
    /TOKEN_OUT_OF_RANGE.*500.*15/,
  ],

  ['a missing model', evaluate('--model', '@none', '--data', '@data'), 4, /FILE_NOT_FOUND.*no folder/],
  ['a model folder that is damaged', evaluate('--model', '@broken', '--data', '@data'), 4, /FILE_CORRUPT/],
  [
    'a model of another kind',
    evaluate('--model', '@llama', '--data', '@data'),
    4,
    /UNSUPPORTED_MODEL.*gemma2/,
  ],
  [
    'a block larger than the model',
    evaluate('--model', '@run', '--data', '@data', '--block-size', '9'),
    2,
    /has 8 positions/,
  ],
  [
    'data of other characters',
    evaluate('--model', '@run', '--data', '@other'),
    4,
    /CHECKPOINT_MISMATCH.*other characters/,
  ],
  [
    'a model of other characters than the data',
    pretrain('--data', '@other', '--init-from', '@run'),
    4,
    /CHECKPOINT_MISMATCH.*other characters/,
  ],
  [
    "a shape that is not the model's",
    pretrain('--data', '@data', '--init-from', '@run', '--n-embd', '16'),
    2,
    /--n-embd is 16.*nEmbd 8/,
  ],
  [
    'a prompt with unknown characters',
    ['generate', '--model', '@run', '--prompt', 'Ω', '--backend', 'reference'],
    2,
    /INVALID_ARGUMENT.*Ω/,
  ],

  [
    'a loss that becomes NaN',
    pretrain('--data', '@data', '--learning-rate', '1e30', '--warmup-iters', '0', '--grad-clip', '0'),
    5,
    /NON_FINITE.*[Ss]tep \d/,
  ],
];

test.each(cases)('%s', async (_, args, code, message) => {
  await rm(at('out'), { recursive: true, force: true });
  const finished = await runAttune(located(args));
  expect(finished.stderr).toMatch(message);
  expect(finished.stderr).not.toMatch(/^ {4}at /m);
  expect(finished.code).toBe(code);
});

test('what is wrong with a request is found before its folder is made', async () => {
  await rm(at('out'), { recursive: true, force: true });
  await runAttune(located(pretrain('--data', '@odd')));
  expect(await readdir(folder)).not.toContain('out');
});

test('prepare replaces a data set where that is asked for', async () => {
  await cp(at('data'), at('again'), { recursive: true });
  const args = ['prepare', at('other.txt'), '--out', at('again')];
  expect((await runAttune(args)).code).toBe(2);
  expect((await runAttune([...args, '--overwrite'])).code).toBe(0);
  expect(await readFile(at('again', 'train.bin'))).toEqual(await readFile(at('other', 'train.bin')));
});

test('ATTUNE_DEBUG shows where an error came from', async () => {
  const { stderr } = await runAttune(located(evaluate('--model', '@none', '--data', '@data')), {
    env: { ATTUNE_DEBUG: '1' },
  });
  expect(stderr).toMatch(/^ {4}at /m);
});

test("prepare does not put its vocabulary in the place of a model's, but takes that as it is", async () => {
  await mkdir(at('model'));
  const bpe = ['--tokenizer', 'bpe', '--vocab-size', '260'];
  await runAttune(['prepare', at('text.txt'), '--out', at('trained'), ...bpe]);
  await cp(at('trained', 'tokenizer.json'), at('model', 'tokenizer.json'));
  const before = await readFile(at('model', 'tokenizer.json'), 'utf8');
  const prepare = ['prepare', at('other.txt'), '--out', at('model')];
  expect(await runAttune([...prepare, ...bpe])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('already holds a tokenizer: tokenizer.json. Choose another --out'),
  });
  expect(await readFile(at('model', 'tokenizer.json'), 'utf8')).toBe(before);
  expect((await runAttune([...prepare, '--tokenizer', at('model')])).code).toBe(0);
});
