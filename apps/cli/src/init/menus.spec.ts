import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { finetuneFields, trainingFields } from '@attune/runs';
import { readConfigFile } from '../config/config-file.js';

const attune = fileURLToPath(new URL('../../bin/attune.js', import.meta.url));

/** True if the `script` of util-linux is here, which runs a command in a pseudo-terminal of its own. */
function hasScript(): boolean {
  try {
    return execFileSync('script', ['--version'], { encoding: 'utf8' }).includes('util-linux');
  } catch {
    return false;
  }
}

const [DOWN, UP, ENTER, ESCAPE, CTRL_C] = ['\u001b[B', '\u001b[A', '\r', '\u001b', '\u0003'];

/** A question, and the keys that are pressed when it is shown. */
type Answer = readonly [question: RegExp, ...keys: readonly string[]];

if (!hasScript()) {
  test.skip('menus: they need a pseudo-terminal, which script of util-linux gives', () => undefined);
} else {
  describe('the menus of attune init', () => {
    let folder: string;
    let file: string;
    let terminal: ChildProcess | undefined;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'attune-menus-'));
      file = join(folder, 'attune.yaml');
    });
    afterEach(async () => {
      terminal?.kill();
      await rm(folder, { recursive: true });
    });

    /** Runs init on a terminal, presses keys as its questions come, and returns how it ended. */
    function answer(answers: readonly Answer[], flags: readonly string[] = []) {
      const command = [process.execPath, attune, 'init', file, ...flags].map((part) => `'${part}'`).join(' ');
      const env = { ...process.env, NODE_OPTIONS: '', TERM: 'xterm' };
      // A terminal that somebody sits at has none of these, and what runs the tests may: npm, above all.
      for (const name of ['CI', 'NO_COLOR', 'FORCE_COLOR', 'npm_command'])
        delete (env as NodeJS.ProcessEnv)[name];
      // It begins with no width at all, in which a menu breaks every line after a character.
      const child = spawn('script', ['-qec', `stty rows 40 cols 200; ${command}`, '/dev/null'], { env });
      terminal = child;
      const left = [...answers];
      let [shown, seen] = ['', 0];
      const read = (chunk: Buffer) => {
        shown += String(chunk);
        const [question, ...keys] = left[0] ?? [];
        if (!question?.test(stripVTControlCharacters(shown.slice(seen)))) return;
        left.shift();
        seen = shown.length;
        child.stdin.write(keys.join(''));
      };
      child.stdout.on('data', read);
      return new Promise<{ code: number | null; text: string; unasked: number }>((resolve) =>
        child.once('close', (code) =>
          resolve({ code, text: stripVTControlCharacters(shown), unasked: left.length }),
        ),
      );
    }

    test('choose by arrows and Enter, and take text where it is typed', async () => {
      const { code, text, unasked } = await answer([
        [/What do you want to do\?/, DOWN, ENTER],
        [/Which settings to begin with\?/, ENTER],
        [/The data: a JSONL file/, 'rows.jsonl', ENTER],
        [/The model: a run/, 'runs/a', ENTER],
        // Down twice and up once: the second.
        [/How is it trained\?/, DOWN, DOWN, UP, ENTER],
        [/What computes\?/, ENTER],
        [/The folder of the run/, ENTER],
      ]);
      expect({ code, unasked }).toEqual({ code: 0, unasked: 0 });
      expect(text).toContain(`Next: attune finetune --config ${file}`);
      expect(await readConfigFile(finetuneFields, file)).toMatchObject({
        ...{ data: 'rows.jsonl', model: 'runs/a', method: 'full', backend: 'auto' },
      });
    });

    test('say what is wrong with a text, and ask only for what flags have not given', async () => {
      const { code, unasked, text } = await answer(
        [
          [/The data: a folder/, '\u0015', ENTER],
          [/It must be/, 'data/book', ENTER],
          [/The folder of the run/, ENTER],
        ],
        ['--command', 'pretrain', '--preset', 'none', '--backend', 'wasm'],
      );
      expect({ code, unasked }).toEqual({ code: 0, unasked: 0 });
      expect(text).not.toContain('What do you want to do?');
      expect(await readConfigFile(trainingFields, file)).toMatchObject({
        data: 'data/book',
        backend: 'wasm',
      });
    });

    test.each([
      ['Escape', ESCAPE],
      ['Ctrl-C', CTRL_C],
    ])('write nothing after %s', async (_, key) => {
      const { code, text } = await answer([[/What do you want to do\?/, key]]);
      expect(code).not.toBe(0);
      expect(text).toContain('Nothing was written.');
      expect(existsSync(file)).toBe(false);
    });
  });
}
