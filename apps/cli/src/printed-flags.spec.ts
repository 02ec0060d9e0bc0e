import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import type { Context } from './environment/context.js';
import { createProgram } from './program.js';

/**
 * Every flag that a message names has to exist, and for the command that the reader has in hand. Messages are found in the
 * sources: what cannot be reached by a test is printed all the same one day.
 */
const root = fileURLToPath(new URL('../../..', import.meta.url));

const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
const program = createProgram({ stdout: silent, stderr: silent, env: {} } as unknown as Context, '0.0.0');
const flagsOf = (command: Command) => command.options.map(({ long }) => long!);
const everywhere = ['--help', '--version', ...flagsOf(program)];
const commands = new Map(
  program.commands.map((command) => {
    const sub = command.commands.flatMap(flagsOf);
    return [command.name(), new Set([...everywhere, ...flagsOf(command), ...sub])];
  }),
);

const both = ['pretrain', 'finetune'];
const onRows = ['finetune', 'inspect', 'evaluate'];

/** Which commands print the messages of a file: the first prefix that fits counts. Those of others are of any command. */
const PRINTED_BY: readonly [prefix: string, by: readonly string[]][] = [
  ['apps/cli/src/distributed/', both],
  ['apps/cli/src/inspect/', ['inspect']],
  ['apps/cli/src/plan/', ['plan']],
  ['packages/runs/src/settings/', both],
  ['packages/runs/src/adaptations/', ['finetune']],
  ['packages/runs/src/tasks/rows/row-', onRows],
  ['packages/runs/src/tasks/rows/', ['finetune']],
  ['packages/runs/src/tasks/pretrain/', ['pretrain']],
  ['packages/runs/src/tasks/', both],
  ['packages/runs/src/distributed/', both],
  ['packages/runs/src/loop/', both],
  ['packages/runs/src/resume.ts', both],
  ['packages/runs/src/start.ts', both],
  ['packages/runs/src/verify.ts', ['verify']],
  ['apps/cli/src/config/training-config.ts', ['pretrain']],
  ['apps/cli/src/commands/resume-options.ts', both],
  ['apps/cli/src/run/pretraining/', ['pretrain']],
  ['apps/cli/src/run/training/', both],
  ['apps/cli/src/run/generation/generate', ['generate']],
  ['apps/cli/src/run/generation/chat.ts', ['chat']],
  ['apps/cli/src/run/evaluation/evaluate', ['evaluate']],
  ['apps/cli/src/run/models/merge.ts', ['merge']],
  ['apps/cli/src/run/serving/', ['serve']],
  ['packages/serve/', ['serve']],
  ['apps/cli/src/run/watching/logs.ts', ['logs']],
  ['apps/cli/src/run/watching/report.ts', ['report']],
  ['apps/cli/src/run/watching/compare.ts', ['compare']],
  ['apps/cli/src/run/watching/out-file.ts', ['logs', 'report', 'compare']],
  // Those that look at the machine speak of the flags of all others.
  ...[...commands.keys()]
    .filter((name) => name !== 'doctor' && name !== 'setup')
    .map((name): [string, string[]] => [`apps/cli/src/commands/${name}.ts`, [name]]),
];

/** Flags of other programs, and what only looks like one. */
const FOREIGN: Readonly<Record<string, readonly string[]>> = {
  'apps/cli/src/distributed/rank-threads.ts': ['--bind-to'],
  'apps/cli/src/distributed/with-ranks.ts': ['--mpi'],
  'packages/distributed-mpi/src/collectives/gather.ts': ['--left'],
  'packages/distributed-mpi/src/library/without-koffi.ts': ['--ignore-scripts'],
  'apps/cli/src/inspect/html.ts': ['--ink', '--paper', '--faint', '--line', '--mild', '--trained', '--lighter', '--heavier', '--warn'],
  'apps/cli/src/run/watching/logs.ts': ['--logdir'],
  'apps/cli/src/commands/setup.ts': ['--target'],
  'apps/cli/src/backends/install-line.ts': ['--global', '--ignore-scripts'],
  'apps/cli/src/setup/cuda/libtensorflow.ts': ['--target'],
  'apps/cli/src/setup/cuda/prepare-cuda.ts': ['--prefix', '--ignore-scripts', '--no-audit', '--no-fund'],
  'apps/cli/src/setup/cuda/this-machine.ts': ['--no-deps', '--only-binary', '--platform'],
  'apps/cli/src/setup/cuda/unpack.ts': ['--no-same-owner', '--no-same-permissions'],
  'apps/cli/src/doctor/checks/engines/native-engine.ts': ['--install', '--omit'],
  'apps/cli/src/doctor/checks/engines/web-assembly.ts': ['--experimental-wasm-relaxed-simd', '--jitless', '--no-harmony-sharedarraybuffer'],
  'apps/cli/src/doctor/checks/machine/memory.ts': ['--memory'],
  'apps/cli/src/doctor/checks/machine/threads.ts': ['--cpus'],
  'apps/cli/src/doctor/checks/node/node-flags.ts': ['--jitless', '--no-expose-wasm', '--no-harmony-sharedarraybuffer'],
  'apps/cli/src/doctor/checks/node/npm-version.ts': ['--global'],
  'apps/cli/src/doctor/checks/packages/peers.ts': ['--ignore-scripts'],
  'apps/cli/src/doctor/probes/engine-facts.ts': ['--experimental-wasm-relaxed-simd'],
  'packages/backend-cpu/src/onnxruntime/worker/start-failure.ts': ['--ignore-scripts'],
  'packages/backend-cuda/src/doctor/examine.ts': ['--gpus', '--target'],
  'packages/backend-cuda/src/doctor/gpus.ts': ['--query-gpu', '--format'],
  'packages/backend-cuda/src/load/load-failure.ts': ['--gpus', '--target'],
  'packages/runs/src/presets/preset-costs.ts': ['--only', '--text'],
  'packages/runs/src/card/usage.ts': ['--local-dir', '--lora'],
  'packages/engine/src/node/platform.ts': ['--experimental-wasm-relaxed-simd'],
}; // prettier-ignore

/** Flags whose name depends on the command, which the source decides. */
const CHOSEN: Readonly<Record<string, readonly string[]>> = {
  'apps/cli/src/commands/init.ts': ['--config'],
  'apps/cli/src/distributed/same-folder.ts': ['--continue'],
  'apps/cli/src/run/training/terminal-audience.ts': ['--max-epochs', '--epochs'],
};

interface Named {
  readonly file: string;
  readonly flag: string;
  /** Commands that have to have it. */
  readonly by: readonly string[];
}

/** Specs, and style sheets: CSS names its variables as commands do their flags. */
const UNREAD = /\.spec\.ts$|\/testing\/|\/(?:[a-z]+-)?style\.ts$/;

async function sourceFiles(): Promise<string[]> {
  const packages = (await readdir(join(root, 'packages'))).map((name) => join('packages', name));
  const files: string[] = [];
  for (const folder of ['apps/cli', ...packages]) {
    // A command of its own, with flags of its own.
    if (folder === 'packages/create-backend') continue;
    const entries = await readdir(join(root, folder, 'src'), { recursive: true, withFileTypes: true }).catch(
      () => [],
    );
    for (const entry of entries) {
      const path = relative(root, join(entry.parentPath ?? entry.path, entry.name));
      if (entry.isFile() && /\.ts$/.test(path) && !UNREAD.test(path)) files.push(path);
    }
  }
  return files;
}

const FLAG = /(?<![\w$-])--[a-z][a-z\d]*(?:-[a-z\d]+)*(?![\w-]|\.\w)/g;

/** Flags that a source file names outside of its comments. */
function namedIn(file: string, source: string): Named[] {
  const named: Named[] = [];
  let text = source
    .replaceAll(/^\s*(?:\/?\*|\/\/).*$/gm, '')
    // Variables of style sheets.
    .replaceAll(/\bvar\(--[a-z\d-]+\)/g, '')
    .replaceAll(/\$\{attuneCommand\([\w.]+\)\}/g, 'attune');
  // A command with its flags: up to the end of the sentence, the quotation or the next command.
  text = text.replaceAll(
    /\battune ([a-z]+)\b((?:(?!\battune )[^.`\n;]|\.(?=\S))*)/g,
    (whole, name: string, rest: string) => {
      if (!commands.has(name)) return whole;
      for (const [flag] of rest.matchAll(FLAG)) named.push({ file, flag, by: [name] });
      return '';
    },
  );
  const foreign = [...(FOREIGN[file] ?? []), ...(CHOSEN[file] ?? [])];
  const by = PRINTED_BY.find(([prefix]) => file.startsWith(prefix))?.[1] ?? [];
  for (const [flag] of text.matchAll(FLAG)) {
    if (!foreign.includes(flag)) named.push({ file, flag, by });
  }
  return named;
}

function isKnown({ flag, by }: Named): boolean {
  if (by.length === 0) return [...commands.values()].some((flags) => flags.has(flag));
  return by.every((name) => commands.get(name)!.has(flag));
}

test('every flag that a message names exists for the command that prints it', async () => {
  const named: Named[] = [];
  for (const file of await sourceFiles())
    named.push(...namedIn(file, await readFile(join(root, file), 'utf8')));
  // The sources were found, and flags in them.
  expect(named.length).toBeGreaterThan(60);
  expect(named.filter((one) => !isKnown(one))).toEqual([]);
});

test('a flag of another command is found', () => {
  const flags = (file: string, text: string) =>
    namedIn(file, text)
      .filter((one) => !isKnown(one))
      .map(({ flag }) => flag);
  expect(flags('packages/runs/src/settings/resuming.ts', "fix: 'start with --init-from.'")).toEqual([
    '--init-from',
  ]);
  expect(flags('packages/x/src/a.ts', "'Use --no-such-flag.'")).toEqual(['--no-such-flag']);
  expect(flags('packages/x/src/a.ts', "'Run `attune merge --model a --batch-size 2`.'")).toEqual([
    '--batch-size',
  ]);
  expect(flags('packages/x/src/a.ts', '`${attuneCommand(context)} merge --batch-size 2`')).toEqual([
    '--batch-size',
  ]);
  expect(flags('packages/x/src/a.ts', '// a comment with --no-such-flag')).toEqual([]);
});
