import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { openAnyModel, openTextOf } from '@attune/runs';
import type { Context } from '../../environment/context.js';
import { runAttune } from '../../testing/run-attune.js';
import { runHost } from '../host/run-host.js';

/** A tiny Llama. After "Tom has a ", transformers takes the tokens 43 43 63 63 43 206 as the likeliest ones. */
const fixture = (path: string) =>
  fileURLToPath(
    new URL(`../../../../../packages/backend-testkit/fixtures/finetune_llama/${path}`, import.meta.url),
  );

/** Tokens that end texts: of turns in the template that is chosen, and of the model's generation_config.json. */
const [END_OF_TURN, END_OF_TEXT] = [63, 206];
/** How many tokens are drawn up to each. */
const [UP_TO_TURN, UP_TO_TEXT] = [3, 6];

const SAMPLING = { do_sample: true, temperature: 0.6, top_k: 7, top_p: 0.9, repetition_penalty: 1.1 };
let folder: string;
const at = (...names: string[]) => join(folder, ...names);
const templateOf = (...names: string[]) => readFile(at(...names, 'chat_template.jinja'), 'utf8');
const json = async (...names: string[]) => JSON.parse(await readFile(at(...names), 'utf8'));
const edit = async (
  path: string,
  change: (document: { readonly added_tokens: readonly object[] }) => object,
) => writeFile(path, JSON.stringify(change(JSON.parse(await readFile(path, 'utf8')))));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-companions-'));
  await cp(fixture('model'), at('base'), { recursive: true });
  await rm(at('base', 'chat_template.jinja'));
  await edit(at('base', 'tokenizer.json'), ({ added_tokens: added, ...rest }) => {
    const special = (id: number, content: string) => ({ ...added[0], id, content });
    return {
      ...rest,
      added_tokens: [...added, special(END_OF_TURN, '<|im_end|>'), special(END_OF_TEXT, 'ď')],
    };
  });
  await writeFile(
    at('base', 'generation_config.json'),
    JSON.stringify({ bos_token_id: 0, eos_token_id: [1, END_OF_TEXT], ...SAMPLING }),
  );
  for (const method of ['lora', 'full']) await finetune(method, '--method', method);
});
afterAll(() => rm(folder, { recursive: true }));

/** Teaches so little that the likeliest tokens stay what they are. */
async function finetune(out: string, ...flags: string[]) {
  const { stderr } = await runAttune([
    ...['finetune', '--model', at('base'), '--data', fixture('rows.jsonl'), '--template', 'chatml'],
    ...['--out', at(out), '--backend', 'reference', '--samples', '0', '--max-iters', '1'],
    ...['--learning-rate', '1e-9', '--batch-size', '1', ...flags],
  ]);
  expect(stderr).toBe('');
}

const drawn = async (...flags: string[]) => {
  const { stdout, stderr } = await runAttune([
    ...['generate', '--prompt', 'Tom has a ', '--max-new-tokens', '9', '--json', '--backend', 'reference'],
    ...flags,
  ]);
  expect(stderr).toBe('');
  return JSON.parse(stdout) as { readonly tokens: number; readonly text: string };
};
/** How many tokens are drawn up to the one that ends the text. */
const lengthOf = async (...flags: string[]) =>
  (await drawn(...flags, '--temperature', '0', '--repetition-penalty', '1')).tokens;

/** A model that was made from the base, and has learned to end its turns. */
const TUNED: [string, () => string[]][] = [
  ['its run', () => ['--model', at('lora')]],
  ['an adapter beside its base', () => ['--model', at('base'), '--adapter', at('lora', 'final')]],
  ['the run of an adapter beside its base', () => ['--model', at('base'), '--adapter', at('lora')]],
  ['a checkpoint of an adapter', () => ['--model', at('lora', 'checkpoints', 'step-1')]],
  ['a model that was tuned whole', () => ['--model', at('full')]],
  ['a checkpoint of it', () => ['--model', at('full', 'checkpoints', 'step-1')]],
  ['a merged model', () => ['--model', at('merged')]],
];

beforeAll(async () => {
  const adapter = ['--model', at('base'), '--adapter', at('lora', 'final')];
  expect((await runAttune(['merge', ...adapter, '--out', at('merged')])).stderr).toBe('');
  const exporting = ['export', ...adapter, '--out', at('onnx'), '--no-verify'];
  expect((await runAttune(exporting)).stderr).toBe('');
});

test('the base stops where its generation_config.json says', async () => {
  expect(await lengthOf('--model', at('base'))).toBe(UP_TO_TEXT);
});

describe('a base whose end is ordinary text', () => {
  /** Its end token is marked special nowhere. */
  const ordinary = async (name: string, change: () => Promise<void>) => {
    await cp(at('base'), at(name), { recursive: true });
    await cp(fixture('model/tokenizer.json'), at(name, 'tokenizer.json'));
    await change();
    return lengthOf('--model', at(name));
  };

  test('stops there if its generation_config.json says so, as with transformers', async () => {
    expect(await ordinary('ordinary', async () => undefined)).toBe(UP_TO_TEXT);
  });

  test('or, where there is none, its config.json', async () => {
    const length = await ordinary('configured', async () => {
      await rm(at('configured', 'generation_config.json'));
      const config = await json('configured', 'config.json');
      await writeFile(
        at('configured', 'config.json'),
        JSON.stringify({ ...config, eos_token_id: END_OF_TURN }),
      );
    });
    expect(length).toBe(UP_TO_TURN);
  });
});

test('a template that cannot be rendered is told of, with the reason', async () => {
  await cp(at('base'), at('mute'), { recursive: true });
  await writeFile(
    at('mute', 'chat_template.jinja'),
    '{{ messages.missing.content }}\n{{ raise_exception("no") }}',
  );
  const { code, stderr } = await runAttune(['generate', '--model', at('mute'), '--max-new-tokens', '1']);
  expect([code, stderr]).toEqual([
    0,
    expect.stringMatching(/^warning: The chat template does not say how turns end\. .*chat_template\.jinja/),
  ]);
});

describe.each(TUNED)('%s', (_name, flags) => {
  test('stops where turns end, and where the base did', async () => {
    expect(await lengthOf(...flags())).toBe(UP_TO_TURN);
  });

  test('has the template that it was taught with', async () => {
    const { textFolders } = await openAnyModel(modelOf(flags()), quiet);
    const { template, close } = await openTextOf(textFolders, quiet);
    expect(template?.source).toContain('<|im_end|>');
    await close();
  });
});

/** The values of `--model` and `--adapter`. */
const modelOf = ([, model, , adapter]: readonly string[]) => ({ model: model!, adapter });
const quiet = runHost({ stderr: { write: () => true }, env: {} } as unknown as Context);

test.each([
  ['lora', 'final'],
  ['lora', 'checkpoints', 'step-1'],
  ['full', 'final'],
  ['full', 'checkpoints', 'step-1'],
  ['merged'],
  ['onnx'],
])('%s/%s says what the base says, and how turns end', async (...path) => {
  const generation = await json(...path, 'generation_config.json');
  expect(generation).toEqual({ bos_token_id: 0, ...SAMPLING, eos_token_id: [1, END_OF_TEXT, END_OF_TURN] });
  expect(await templateOf(...path)).toContain('<|im_end|>');
});

test('transformers.js, which looks for the template elsewhere, finds it too', async () => {
  expect(await json('onnx', 'tokenizer_config.json')).toMatchObject({
    chat_template: await templateOf('onnx'),
  });
});

test('an adapter that says how it ends counts, and what it does not say is its base’s', async () => {
  await cp(at('lora', 'final'), at('bare'), { recursive: true });
  const files = await readdir(at('bare'));
  for (const file of files.filter((name) => !name.startsWith('adapter_'))) await rm(at('bare', file));
  const flags = ['--model', at('base'), '--adapter', at('bare')];
  expect(await lengthOf(...flags)).toBe(UP_TO_TEXT);
  const chat = await runAttune(['chat', ...flags, '--backend', 'reference'], { stdin: Readable.from([]) });
  expect(chat.stderr).toMatch(/NO_CHAT_TEMPLATE/);
  await writeFile(at('bare', 'generation_config.json'), JSON.stringify({ eos_token_id: END_OF_TURN }));
  expect(await lengthOf(...flags)).toBe(UP_TO_TURN);
  await runAttune(['merge', ...flags, '--out', at('bare-merged')]);
  expect(await lengthOf('--model', at('bare-merged'))).toBe(UP_TO_TURN);
});

test('a model without a generation_config.json gets one that ends turns', async () => {
  await cp(at('base'), at('silent'), { recursive: true });
  await rm(at('silent', 'generation_config.json'));
  await finetune('told', '--method', 'full', '--model', at('silent'));
  expect(await json('told', 'final', 'generation_config.json')).toEqual({
    ...{ bos_token_id: 0, pad_token_id: 2 },
    eos_token_id: [1, END_OF_TURN],
  });
});

describe('how texts are drawn', () => {
  const own = { temperature: '0.6', 'top-k': '7', 'top-p': '0.9', 'repetition-penalty': '1.1' };
  const flagsOf = (settings: Record<string, string>) =>
    Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);

  test('as the model says, unless flags say otherwise', async () => {
    const plain = ['--model', fixture('model'), '--seed', '3'];
    const told = ['--model', at('base'), '--seed', '3'];
    const { text } = await drawn(...told);
    expect((await drawn(...told, ...flagsOf(own))).text).toBe(text);
    const other = flagsOf({ ...own, temperature: '3', 'top-k': '200', 'top-p': '1' });
    expect((await drawn(...told, ...other)).text).not.toBe(text);
    // Without a word, at a temperature of 0.8.
    expect((await drawn(...plain)).text).toBe((await drawn(...plain, '--temperature', '0.8')).text);
  });

  test('the likeliest ones where the model says that nothing is drawn, unless a temperature is given', async () => {
    await cp(fixture('model'), at('greedy'), { recursive: true });
    await writeFile(at('greedy', 'generation_config.json'), '{"do_sample": false, "top_k": 7}');
    const told = ['--model', at('greedy'), '--seed', '3'];
    const plain = ['--model', fixture('model'), '--seed', '3'];
    expect((await drawn(...told)).text).toBe((await drawn(...plain, '--temperature', '0')).text);
    const hot = ['--temperature', '3'];
    expect((await drawn(...told, ...hot)).text).toBe((await drawn(...plain, ...hot)).text);
  });

  test('a value that means nothing is refused by name', async () => {
    await cp(at('base'), at('broken'), { recursive: true });
    await writeFile(at('broken', 'generation_config.json'), '{"top_p": "high"}');
    const { code, stderr } = await runAttune(['generate', '--model', at('broken'), '--prompt', 'Tom']);
    expect(stderr).toMatch(
      /FILE_CORRUPT: The model's generation_config.json: top_p must be a number above 0, at most 1, but is "high"/,
    );
    expect(code).not.toBe(0);
  });
});
