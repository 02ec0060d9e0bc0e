/**
 * `npm start`: builds what the command line needs, then trains the first model, or goes on with it. Flags are handed on:
 * `npm start -- --overwrite` starts over.
 */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Runs Node with the terminal of this process, or hearing each line of its output. Resolves to the exit code. */
function run(args, onLine) {
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: ['inherit', onLine ? 'pipe' : 'inherit', 'inherit'],
  });
  let rest = '';
  child.stdout?.setEncoding('utf8').on('data', (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    lines.forEach(onLine);
  });
  // Ctrl-C goes to the whole group: the child ends as it sees fit, and this process after it.
  const ignore = () => undefined;
  process.on('SIGINT', ignore);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      process.off('SIGINT', ignore);
      if (rest !== '') onLine(rest);
      resolve(code ?? (signal === 'SIGINT' ? 130 : 1));
    });
  });
}

/** Compiles, naming each package when its turn comes. What is up to date takes no time and is not named. */
async function build() {
  const started = Date.now();
  const errors = [];
  let count = 0;
  process.stdout.write('Building attune; the first time, this takes up to a minute: ');
  const name = (part) => process.stdout.write(`${count++ === 0 ? '' : ', '}${part}`);
  const notes = [];
  for (const [script, kernels] of [
    ['wasm.js', 'kernels for WebAssembly'],
    ['native.js', 'native kernels'],
  ]) {
    const code = await run([`packages/engine/build/${script}`], (line) => {
      if (line.startsWith('Compiling')) name(kernels);
      if (line.includes('not built')) notes.push(line);
    });
    if (code !== 0) return code;
  }
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const code = await run([tsc, '-b', 'apps/cli/tsconfig.lib.json', '--verbose'], (line) => {
    const [, project] = /Building project '(.+)'\.\.\.$/.exec(line) ?? [];
    if (project !== undefined) name(basename(dirname(project)));
    else if (/error TS\d+|^\s/.test(line)) errors.push(line);
  });
  const seconds = Math.round((Date.now() - started) / 1000);
  process.stdout.write(`${count === 0 ? 'nothing has changed' : ''} (${seconds} s)\n\n`);
  for (const note of notes) process.stdout.write(`${note}\n\n`);
  if (code !== 0) process.stderr.write(`${errors.join('\n')}\nThe build failed.\n`);
  return code;
}

const training = ['pretrain', '--preset', 'stories', '--out', 'runs/stories', '--continue'];
process.exitCode =
  (await build()) || (await run(['apps/cli/bin/attune.js', ...training, ...process.argv.slice(2)]));
