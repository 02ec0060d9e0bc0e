import { execFileSync, spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { presetNames } from '@attune/runs';
import { contextOf, processWorld } from '../environment/context.js';
import { createProgram } from '../program.js';
import { runAttune } from '../testing/run-attune.js';
import { commandTree } from './command-tree.js';

const program = createProgram(contextOf(processWorld(async () => undefined)), '0');
const tree = commandTree(program);

const scriptFor = async (shell: string) => (await runAttune(['completion', shell])).stdout;

test.each(['bash', 'zsh', 'fish'])('the script for %s knows every command and every flag', async (shell) => {
  const script = await scriptFor(shell);
  expect(tree.commands.map(({ name }) => name)).toEqual(program.commands.map((one) => one.name()));
  for (const { name, flags } of tree.commands) {
    expect(script).toContain(name);
    for (const flag of flags)
      expect(script).toContain(shell === 'fish' ? `-l ${flag.name.slice(2)} ` : flag.name);
  }
});

test('another shell is refused, and the three are named', async () => {
  const { code, stderr } = await runAttune(['completion', 'tcsh']);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/bash, zsh, fish/) });
});

const hasBash = spawnSync('bash', ['-c', ':']).status === 0;

(hasBash ? describe : describe.skip)('in bash', () => {
  let folder: string;
  let script: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'attune-completion-'));
    await mkdir(join(folder, 'my runs'));
    await mkdir(join(folder, 'data'));
    await writeFile(join(folder, 'book.txt'), '');
    // Programs that would tell if they were run.
    for (const name of ['attune', 'npx', 'node', 'ls', 'compgen']) {
      await writeFile(join(folder, name), '#!/bin/sh\ntouch ran\n');
      await chmod(join(folder, name), 0o755);
    }
    script = await scriptFor('bash');
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** The words that Tab offers behind a line. */
  function complete(line: string): string[] {
    // As readline parts words: "=" is one of its own.
    const words = line
      .split(/(=)|\s+/)
      .filter((word) => word !== undefined && (word !== '' || line.endsWith(' ')));
    const list = words.length > 0 && line.endsWith(' ') ? [...words.filter(Boolean), ''] : words;
    const quoted = list.map((word) => `'${word}'`).join(' ');
    const commands = [
      script,
      `COMP_WORDS=(${quoted}); COMP_CWORD=${list.length - 1}`,
      '_attune',
      'printf "%s\\n" "${COMPREPLY[@]}"',
    ];
    const bash = execFileSync('sh', ['-c', 'command -v bash'], { encoding: 'utf8' }).trim();
    return execFileSync(bash, ['--norc', '--noprofile', '-c', commands.join('\n')], {
      cwd: folder,
      encoding: 'utf8',
      env: { PATH: folder },
    })
      .split('\n')
      .filter(Boolean);
  }

  test.each([
    ['attune pre', ['prepare', 'presets', 'pretrain']],
    ['attune --threads 2 fine', ['finetune']],
    ['attune pretrain --gradient-a', ['--gradient-accumulation-steps']],
    ['attune pretrain --backend c', ['cuda', 'cpu']],
    ['attune pretrain --backend=w', ['webgpu', 'wasm']],
    ['attune pretrain --backend=', ['auto', 'cuda', 'webgpu', 'cpu', 'wasm', 'reference']],
    ['attune pretrain --preset ', presetNames('pretrain')],
    ['attune finetune --preset ', presetNames('finetune')],
    ['attune presets smoll', ['smollm-lora']],
    ['attune export --format ', ['onnx', 'gguf']],
    ['attune export --format gguf --dtype q', ['q8_0']],
    ['attune setup ', ['cuda']],
    ['attune completion ', ['bash', 'zsh', 'fish']],
    ['attune pretrain --data ', ['data', 'my runs']],
    ['attune report my', ['my runs']],
    ['attune serve d', ['data']],
    // Readline completes names of files itself where nothing is offered.
    ['attune prepare boo', []],
    ['attune generate --prompt th', []],
    ['attune pretrain --learning-rate ', []],
  ])('%s', (line, expected) => {
    expect(complete(line).sort()).toEqual([...expected].sort());
  });

  test('a script that is read says so to bash, and Tab runs no program', async () => {
    const printed = execFileSync('bash', ['--norc', '-c', `${script}\ncomplete -p attune`], {
      encoding: 'utf8',
    });
    expect(printed).toBe('complete -o default -F _attune attune\n');
    expect(await readdir(folder)).not.toContain('ran');
  });
});
