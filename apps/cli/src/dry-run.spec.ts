import { cp, lstat, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import type { Context } from './environment/context.js';
import { createProgram } from './program.js';
import { runAttune, TEXT, TINY } from './testing/run-attune.js';
import { serveAsHub, type TinyHub } from './testing/tiny-hub.js';

/** Commands that write nothing that one could want to see first. */
const WITHOUT: Readonly<Record<string, string>> = {
  doctor: 'looks at the machine; what it tries to write it removes',
  presets: 'prints',
  verify: 'trains again in memory',
  evaluate: 'prints',
  generate: 'prints',
  chat: 'prints',
  serve: 'answers requests',
  bench: 'prints',
  completion: 'prints',
  plan: 'prints; the times that it measured are kept for the next plan, unless --calibrate never says otherwise',
};

/** Options of theirs that name a place and are not used. */
const UNUSED: Readonly<Record<string, readonly string[]>> = { plan: ['--out'] };

/** Options that name a place to write to. */
const WRITING = /^--(out|html|cache|dir|output|save)$/;

let folder: string;
let hub: TinyHub;
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-dry-run-'));
  await writeFile(at('text.txt'), TEXT);
  await writeFile(at('rows.jsonl'), '{"prompt":"cat","completion":"sat"}\n'.repeat(8));
  await writeFile(at('tensorflow.whl'), '');
  const made = [
    ['prepare', at('text.txt'), '--out', at('data')],
    ['pretrain', '--data', at('data'), '--out', at('run'), ...TINY, '--activation', 'gelu_new'],
    ['finetune', '--out', at('lora'), ...finetuning],
  ];
  for (const args of made) expect(await runAttune(args.map(placed))).toMatchObject({ code: 0 });
  await cp(at('run'), at('run-2'), { recursive: true });
  hub = await serveAsHub(at('run/final'));
});
afterAll(async () => {
  await hub?.close();
  await rm(folder, { recursive: true });
});

/** A path of the folder is written as `@name`, so that the table below can name it before there is one. */
const placed = (word: string) => (word.startsWith('@') ? at(word.slice(1)) : word);

const finetuning = [
  ...['--model', '@run', '--data', '@rows.jsonl', '--backend', 'reference', '--epochs', '1'],
  ...['--batch-size', '2'],
];

/** Arguments of each command that writes, and what it would write. */
const COMMANDS: readonly (readonly [args: readonly string[], expected: RegExp])[] = [
  [['init', '@attune.yaml', '--yes'], /attune\.yaml would be written/],
  [['setup', 'cuda', '--libtensorflow', '@tensorflow.whl', '--dir', '@cuda'], /cuda/],
  [['download', 'org/tiny', '--cache', '@cache'], /to download\. .* are free on its disk\.\n(.*\n)*.*model\.safetensors {2}.* new/],
  [['prepare', '@text.txt', '--out', '@data-2'], /data-2\/train\.bin {2}new/],
  [['inspect', '--model', '@run', '--data', '@rows.jsonl', '--html', '@rows.html'], /rows\.html .* new/],
  [['pretrain', '--data', '@data', '--out', '@run-3', ...TINY], /run-3\/config\.yaml .* new\n(.*\n)*.*run-3\/final\/ {2}new/],
  [['pretrain', '--out', '@run-3', ...TINY], /run-3\/data\/ {2}new/],
  [['pretrain', '--data', '@data', '--out', '@run', '--overwrite', ...TINY], /checkpoints\/step-6 {2}removed\n(.*\n)*.*checkpoints\/ {2}replaced/],
  [['pretrain', '--resume', '@run', '--max-iters', '8'], /would go on from step 6(.*\n)*.*metrics\.jsonl {2}continued/],
  [['pretrain', '--data', '@data', '--out', '@run', '--continue', ...TINY, '--activation', 'gelu_new'], /finished after 6 steps/],
  [['finetune', '--out', '@lora-2', ...finetuning], /lora-2\/config\.yaml .* new/],
  [['finetune', '--resume', '@lora', '--epochs', '2'], /would go on from step/],
  [['report', '@run'], /report\.html .* new/],
  [['compare', '@run', '@run-2', '--out', '@runs.html'], /runs\.html .* new/],
  [['logs', '@run', '--out', '@run.csv'], /run\.csv .* new/],
  [['logs', '@run', '--format', 'tensorboard'], /tfevents.* new/],
  [['logs', '@run'], /would go to stdout/],
  [['merge', '--model', '@lora', '--out', '@merged'], /merged\/model\.safetensors .* new/],
  [['export', '--model', '@run', '--out', '@onnx'], /onnx\/onnx\/model\.onnx .* new/],
  [['export', '--model', '@lora', '--adapter-only', '--format', 'gguf', '--out', '@gguf'], /gguf\/adapter-f32\.gguf .* new/],
  [['export', '--model', '@lora', '--adapter-only', '--out', '@a.safetensors'], /a\.safetensors .* new/],
]; // prettier-ignore

/** Every file and folder, with its size and the time of its last change. */
async function snapshot(): Promise<Record<string, string>> {
  const names = (await readdir(folder, { recursive: true })).sort();
  const entries = names.map(async (name) => {
    const { size, mtimeMs } = await lstat(at(name));
    return [name, `${size} ${mtimeMs}`] as const;
  });
  return Object.fromEntries([...(await Promise.all(entries)), ['.', String((await lstat(folder)).mtimeMs)]]);
}

const run = (args: readonly string[]) =>
  runAttune(args.map(placed), { env: { HF_ENDPOINT: hub.endpoint, HOME: folder } });

test('every command that writes has --dry-run, and is tried here', () => {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const program = createProgram({ stdout: silent, stderr: silent, env: {} } as unknown as Context, '0.0.0');
  const withDryRun: string[] = [];
  for (const command of program.commands) {
    const options = [command, ...command.commands].flatMap((one) => one.options.map(({ long }) => long!));
    if (options.includes('--dry-run')) withDryRun.push(command.name());
    else {
      const unused = UNUSED[command.name()] ?? [];
      const writing = options.filter((long) => WRITING.test(long) && !unused.includes(long));
      expect([command.name(), writing]).toEqual([command.name(), []]);
    }
  }
  // A new command says here whether it writes.
  const names = program.commands.map((command) => command.name());
  expect([...withDryRun, ...Object.keys(WITHOUT)].sort()).toEqual([...names].sort());
  // The hub is not this machine's disk: see the tests of push.
  const tried = new Set([...COMMANDS.map(([[name]]) => name!), 'push']);
  expect([...tried].sort()).toEqual([...withDryRun].sort());
});

test.each(COMMANDS.map(([args, expected]) => [args.slice(0, 4).join(' '), args, expected] as const))(
  '%s --dry-run says what it would write, and changes nothing',
  async (name, args, expected) => {
    if (name.startsWith('setup') && process.platform !== 'linux') return;
    const before = await snapshot();
    const { code, stdout, stderr } = await run([...args, '--dry-run']);
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: expect.stringMatching(expected),
      stderr: expect.any(String),
    });
    expect(await snapshot()).toEqual(before);
  },
);

test('download asks for the list alone', async () => {
  hub.asked.length = 0;
  await run(['download', 'org/tiny', '--cache', '@cache', '--dry-run']);
  expect(hub.asked.filter((path) => path.includes('/resolve/'))).toEqual([]);
});

test.each([
  ['pretrain over a run', ['pretrain', '--data', '@data', '--out', '@run', ...TINY]],
  ['prepare over token files', ['prepare', '@text.txt', '--out', '@data']],
  ['prepare of nothing', ['prepare', '@none.txt', '--out', '@data-2']],
  ['merge over a folder', ['merge', '--model', '@lora', '--out', '@data']],
  ['merge below a file', ['merge', '--model', '@lora', '--out', '@text.txt/merged']],
  ['export over a folder', ['export', '--model', '@run', '--format', 'gguf', '--out', '@data']],
  ['a table over a text', ['logs', '@run', '--out', '@text.txt']],
  ['a table in no folder', ['logs', '@run', '--out', '@none/run.csv']],
  ['resuming what is no run', ['finetune', '--resume', '@run', '--epochs', '2']],
])('%s is refused as without --dry-run', async (_, args) => {
  const before = await snapshot();
  const dry = await run([...args, '--dry-run']);
  expect(dry.code).not.toBe(0);
  expect(await snapshot()).toEqual(before);
  const real = await run(args);
  // But for the call of the system that failed.
  const told = ({ stderr }: { readonly stderr: string }) => stderr.replace(/, (?:open|stat) '[^']*'/, '');
  expect([dry.code, told(dry)]).toEqual([real.code, told(real)]);
});

test('a model of the hub that is not in the cache is not fetched', async () => {
  const { code, stderr } = await run(['export', '--model', 'org/tiny', '--out', '@hub', '--dry-run']);
  expect({ code, stderr }).toEqual({
    code: expect.any(Number),
    stderr: expect.stringContaining('download org/tiny --dry-run'),
  });
  expect(code).not.toBe(0);
});

interface Plan {
  readonly dryRun: boolean;
  readonly changes: readonly { readonly path: string; readonly bytes?: number; readonly effect: string }[];
}

const paths = (plan: Plan) => plan.changes.map(({ path }) => path).sort();

test.each([
  ['prepare', ['prepare', '@text.txt', '--tokenizer', 'bpe', '--vocab-size', '270', '--out', '@bpe']],
  ['report', ['report', '@run']],
  ['merge', ['merge', '--model', '@lora', '--out', '@merged']],
  ['export', ['export', '--model', '@run', '--out', '@onnx', '--no-verify']],
  [
    'export --format gguf',
    ['export', '--model', '@lora', '--adapter-only', '--format', 'gguf', '--out', '@gguf'],
  ],
])('%s writes the files that --dry-run lists, and no others', async (_, args) => {
  const before = await snapshot();
  const plan = JSON.parse((await run([...args, '--json', '--dry-run'])).stdout) as Plan;
  expect(plan.dryRun).toBe(true);
  expect(await run([...args, '--json'])).toMatchObject({ code: 0 });
  const made: string[] = [];
  for (const name of Object.keys(await snapshot())) {
    if (!(name in before) && (await lstat(at(name))).isFile()) made.push(at(name));
  }
  expect(paths(plan)).toEqual(made.sort());
  for (const { path, bytes, effect } of plan.changes) {
    expect([path, effect]).toEqual([path, 'new']);
    if (bytes !== undefined) expect([path, (await lstat(path)).size]).toEqual([path, bytes]);
  }
  const again = await run([...args, '--json', '--dry-run', ...(args[0] === 'report' ? [] : ['--overwrite'])]);
  if (again.code === 0) expect(again.stdout).toMatch(/"effect":"replaced"/);
});
