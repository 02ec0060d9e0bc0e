/**
 * Compiles the kernels to native code: `node build/native.js`. Writes `dist/native/engine.node`, an addon for Node. Where
 * there is no C compiler it says so, and nothing is missing but speed. Does nothing where the addon is up to date.
 *
 * CC names another compiler. `--sanitize` builds `dist/sanitize/engine.node`, which watches its own memory.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { canLink, compileAddon, hasKernels } from './addon.js';
import { isUpToDate, pathOf, takeStamp, writeOutputs } from './sources.js';

const { sanitize } = parseArgs({ options: { sanitize: { type: 'boolean', default: false } } }).values;

const flags = sanitize
  ? ['-O1', '-g', '-fsanitize=address,undefined', '-fno-sanitize-recover=undefined']
  : ['-O3'];

const runs = (command) => spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;

/** The compiler, or why there is nothing to be done here. */
function findCompiler() {
  if (!hasKernels(process.arch)) return { fault: `there are no kernels for ${process.arch}` };
  if (!canLink(process.platform)) return { fault: `it is not built on ${process.platform}` };
  const asked = process.env['CC'];
  const compiler = (asked ? [asked] : ['cc', 'gcc', 'clang']).find(runs);
  if (compiler) return { compiler };
  const how = { linux: 'e.g. apt-get install gcc', darwin: 'xcode-select --install' }[process.platform];
  return { fault: `there is no C compiler (${how})` };
}

const { compiler, fault } = findCompiler();
if (fault) {
  console.log(`Native kernels: not built, ${fault}. The engine runs as WebAssembly.`);
} else {
  const stamp = takeStamp({
    folder: sanitize ? 'dist/sanitize' : 'dist/native',
    names: ['engine.node'],
    by: [
      ...['native.js', 'addon.js'].map((name) => readFileSync(pathOf(`build/${name}`))),
      compiler,
      process.arch,
      process.platform,
    ],
  });
  if (isUpToDate(stamp)) {
    console.log('Native kernels: up to date');
  } else {
    console.log('Compiling kernels to native code');
    const started = Date.now();
    try {
      const addon = await compileAddon({
        compiler: [compiler],
        platform: process.platform,
        architecture: process.arch,
        flags,
      });
      writeOutputs(stamp, { 'engine.node': addon });
      const seconds = ((Date.now() - started) / 1000).toFixed(1);
      console.log(`Native kernels: engine.node ${Math.ceil(addon.length / 1024)} KB (${seconds} s)`);
    } catch (error) {
      // A compiler that is too old, for one. Whoever works on the kernels sees what it says.
      console.log(`Native kernels: not built, ${error.message}. The engine runs as WebAssembly.`);
      if (process.env['CI'] || sanitize) process.exitCode = 1;
    }
  }
}
