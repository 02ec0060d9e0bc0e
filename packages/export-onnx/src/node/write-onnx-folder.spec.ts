import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AttuneError } from '@attune/core';
import type { OnnxFolderContents } from '../folder-files.js';
import { writeOnnxFolder } from './write-onnx-folder.js';

let folder: string;
let out: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-onnx-'));
  out = join(folder, 'exported');
});
afterEach(() => rm(folder, { recursive: true }));

async function* bytes(text: string) {
  yield new TextEncoder().encode(text);
}

/** A folder's contents; only their places matter here. */
function contents(more: Partial<OnnxFolderContents> = {}): OnnxFolderContents {
  return { model: new Map([['model.onnx', bytes('weights')]]), config: { model_type: 'gpt2' }, ...more };
}

const json = async (name: string) => JSON.parse(await readFile(join(out, name), 'utf8'));

test('has the files that transformers.js looks for', async () => {
  await writeOnnxFolder(
    out,
    contents({
      generationConfig: { eos_token_id: 7 },
      tokenizer: { 'tokenizer.json': { model: {} }, 'merges.txt': 'a b\n' },
    }),
  );
  expect((await readdir(out, { recursive: true })).sort()).toEqual(
    [
      'config.json',
      'generation_config.json',
      'merges.txt',
      'onnx',
      'onnx/model.onnx',
      'tokenizer.json',
    ].sort(),
  );
  expect(await json('config.json')).toEqual({
    model_type: 'gpt2',
    'transformers.js_config': { dtype: 'fp32' },
  });
  expect(await readFile(join(out, 'merges.txt'), 'utf8')).toBe('a b\n');
});

test('config.json says which file is the model, and in how many its weights are', async () => {
  const files = ['model_fp16.onnx', 'model_fp16.onnx_data', 'model_fp16.onnx_data_1'];
  await writeOnnxFolder(
    out,
    contents({ dtype: 'f16', model: new Map(files.map((name) => [name, bytes(name)])) }),
  );
  expect((await json('config.json'))['transformers.js_config']).toEqual({
    dtype: 'fp16',
    use_external_data_format: { 'model_fp16.onnx': 2 },
  });
});

test('a chat template of its own file is put where transformers.js reads it', async () => {
  const tokenizer = { 'chat_template.jinja': '{{ messages }}', 'tokenizer_config.json': { a: 1 } };
  await writeOnnxFolder(out, contents({ tokenizer }));
  expect(await json('tokenizer_config.json')).toEqual({ a: 1, chat_template: '{{ messages }}' });
});

test('a folder that holds anything else is left alone, also with overwrite', async () => {
  await mkdir(join(out, 'onnx'), { recursive: true });
  await writeFile(join(out, 'model.safetensors'), 'precious');
  await expect(writeOnnxFolder(out, contents(), { overwrite: true })).rejects.toMatchObject({
    code: 'INVALID_CONFIG',
    message: expect.stringContaining('holds more than an exported model: model.safetensors'),
  });
  expect(await readFile(join(out, 'model.safetensors'), 'utf8')).toBe('precious');
});

test('a folder without a model is not taken for an export', async () => {
  await mkdir(out);
  await writeFile(join(out, 'config.json'), '{}');
  await expect(writeOnnxFolder(out, contents(), { overwrite: true })).rejects.toThrow('config.json');
});

test('an earlier export is replaced if that is asked for, as a whole', async () => {
  await writeOnnxFolder(out, contents({ tokenizer: { 'tokenizer.json': {} } }));
  await expect(writeOnnxFolder(out, contents())).rejects.toThrow(/already holds .*--overwrite/);
  await writeOnnxFolder(out, contents({ config: { model_type: 'llama' } }), { overwrite: true });
  expect((await readdir(out)).sort()).toEqual(['config.json', 'onnx']);
  expect(await json('config.json')).toMatchObject({ model_type: 'llama' });
});

test('what fails its check is not written, and what was there stays', async () => {
  await writeOnnxFolder(out, contents());
  const check = async () => {
    throw new AttuneError('EXPORT_MISMATCH', 'It computes something else.');
  };
  const broken = contents({ config: { model_type: 'broken' } });
  await expect(writeOnnxFolder(out, broken, { overwrite: true, check })).rejects.toThrow('something else');
  expect(await json('config.json')).toMatchObject({ model_type: 'gpt2' });
  await expect(writeOnnxFolder(join(folder, 'new'), contents(), { check })).rejects.toThrow('something else');
  expect(await readdir(folder)).toEqual(['exported']);
});

test("a file that is no tokenizer's is refused", async () => {
  for (const name of ['config.json', '../x', 'model.safetensors']) {
    await expect(writeOnnxFolder(out, contents({ tokenizer: { [name]: '' } }))).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  }
});
