import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runAttune, TEXT, TINY } from '../../testing/run-attune.js';

let folder: string;
const at = (...parts: string[]) => join(folder, ...parts);
const exporting = (model: string, ...args: string[]) =>
  runAttune(['export', '--format', 'gguf', '--model', at(model), ...args]);
const modelfile = (out: string) => readFile(at(out, 'Modelfile'), 'utf8');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-gguf-'));
  await writeFile(at('text.txt'), TEXT);
  await writeFile(at('rows.jsonl'), '{"text": "the cat"}\n{"text": "the dog"}\n');
  await runAttune(['prepare', at('text.txt'), '--out', at('data'), '--tokenizer', 'bytes']);
  const train = ['pretrain', '--data', at('data'), ...TINY, '--max-iters', '1'];
  await runAttune([...train, '--activation', 'gelu_new', '--out', at('run')]);
  await runAttune([
    ...['finetune', '--model', at('run'), '--data', at('rows.jsonl'), '--out', at('tuned')],
    ...['--max-iters', '1', '--batch-size', '2', '--backend', 'reference'],
  ]);
});
afterAll(() => rm(folder, { recursive: true }));

test('writes a model for llama.cpp, and a Modelfile for Ollama', async () => {
  const { code, stdout, stderr } = await exporting('run', '--out', at('gguf'));
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^model-f32\.gguf {2}[\d.]+ KiB\nModelfile .*\nwith the model's tokenizer \(bytes\)\n/,
  );
  expect((await readdir(at('gguf'))).sort()).toEqual(['Modelfile', 'model-f32.gguf']);
  expect((await readFile(at('gguf', 'model-f32.gguf'))).subarray(0, 8).toString('latin1')).toBe(
    'GGUF\x03\0\0\0',
  );
  expect(await modelfile('gguf')).toBe(
    'FROM ./model-f32.gguf\nTEMPLATE """{{ .Prompt }}"""\nPARAMETER num_ctx 8\n',
  );
});

test('an adapter is a part of its model, or stands alone', async () => {
  const merged = JSON.parse(
    (await exporting('tuned', '--out', at('whole'), '--dtype', 'f16', '--json')).stdout,
  );
  expect(merged).toMatchObject({ format: 'gguf', dtype: 'f16', tokenizer: 'bytes', notes: [] });
  const { stdout } = await exporting('tuned', '--adapter-only', '--out', at('alone'));
  expect(stdout).toContain('It goes with run: in the Modelfile');
  expect((await readdir(at('alone'))).sort()).toEqual(['Modelfile', 'adapter-f32.gguf']);
  expect(await modelfile('alone')).toContain('\nFROM ./model-f32.gguf\nADAPTER ./adapter-f32.gguf\n');
  const named = await exporting('run', '--adapter', at('tuned'), '--adapter-only', '--out', at('named'));
  expect(named.code).toBe(0);
  const adapter = (out: string) => readFile(at(out, 'adapter-f32.gguf'));
  expect(await adapter('named')).toEqual(await adapter('alone'));
});

test('an earlier export is replaced only if that is asked for, and nothing else is', async () => {
  const out = ['--out', at('twice')];
  await exporting('run', ...out);
  expect((await exporting('run', ...out)).stderr).toMatch(/INVALID_CONFIG.*already holds.*--overwrite/);
  expect((await exporting('run', ...out, '--dtype', 'bf16', '--overwrite')).code).toBe(0);
  expect((await readdir(at('twice'))).sort()).toEqual(['Modelfile', 'model-bf16.gguf']);
  await writeFile(at('twice', 'mine.txt'), '');
  const { code, stderr } = await exporting('run', ...out, '--overwrite');
  expect(stderr).toMatch(/holds more than an exported model: mine.txt/);
  expect(code).toBe(2);
});

test('a template of ours is said in Go; of a stranger nothing gets into the Modelfile', async () => {
  await cp(at('run', 'final'), at('odd'), { recursive: true });
  await writeFile(at('odd', 'chat_template.jinja'), '{{ messages }}"""\nSYSTEM evil');
  await writeFile(at('odd', 'generation_config.json'), '{"temperature": "1\\nSYSTEM evil", "top_p": 0.5}');
  const { code, stdout } = await exporting('odd', '--out', at('odd-gguf'));
  expect(code).toBe(0);
  expect(stdout).toContain('The chat template is in the GGUF.');
  expect(await modelfile('odd-gguf')).toMatch(
    /^# The chat template .*\nFROM \.\/model-f32\.gguf\nPARAMETER num_ctx 8\nPARAMETER top_p 0\.5\n$/,
  );
  expect((await readFile(at('odd-gguf', 'model-f32.gguf'))).includes('SYSTEM evil')).toBe(true);
});

test('what llama.cpp cannot compute is refused by name, and nothing is written', async () => {
  await runAttune(['prepare', at('text.txt'), '--out', at('chars')]);
  await runAttune(['pretrain', '--data', at('chars'), '--out', at('exact'), ...TINY, '--max-iters', '1']);
  const { code, stderr } = await exporting('exact', '--out', at('refused'));
  expect(stderr).toMatch(/UNSUPPORTED_MODEL.*exact GELU.*its tokens are characters/s);
  expect(code).not.toBe(0);
  expect(await readdir(folder)).not.toContain('refused');
});

test.each([
  ['an adapter that is none', ['--adapter-only'], /is no adapter, and --adapter names none/],
  [
    'bf16 in ONNX',
    ['--format', 'onnx', '--dtype', 'bf16'],
    /INVALID_CONFIG.*--dtype bf16 is for --format gguf/,
  ],
])('%s is refused', async (_, args, message) => {
  const { stderr, code } = await exporting('run', '--out', at('x'), ...args);
  expect(stderr).toMatch(message);
  expect(code).not.toBe(0);
  expect(await readdir(folder)).not.toContain('x');
});
