/**
 * Compiles the kernels to native code: `node build/native.js`. Writes `dist/native/engine.node`, an addon for Node. Where
 * there is no C compiler it says so, and nothing is missing but speed. Does nothing where the addon is up to date.
 *
 * CC names another compiler. `--sanitize` builds `dist/sanitize/engine.node`, which watches its own memory.
 */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { include_dir as nodeHeaders } from 'node-api-headers';
import { isUpToDate, pathOf, writeOutputs } from './sources.js';

const { sanitize } = parseArgs({ options: { sanitize: { type: 'boolean', default: false } } }).values;

/** Flags of each table of kernels, by architecture. Its name in C is `kernels_NAME`. */
const tables = {
  x64: {
    avx2: ['-mavx2', '-mfma', '-mf16c'],
    avx512: [
      ...['-mavx512f', '-mavx512bw', '-mavx512vl', '-mavx512dq', '-mavx2', '-mfma', '-mf16c'],
      '-mprefer-vector-width=512',
    ],
  },
  arm64: { neon: [] },
};
const commonFlags = [
  ...[
    '-std=gnu17',
    '-fPIC',
    '-fvisibility=hidden',
    '-fno-strict-aliasing',
    '-ffp-contract=fast',
    '-Wall',
    '-Wextra',
  ],
  // Of gcc, when it passes vectors that no function outside of a table sees.
  ...['-Wno-psabi', '-c'],
  ...(sanitize ? ['-O1', '-g', '-fsanitize=address,undefined', '-fno-sanitize-recover=undefined'] : ['-O3']),
];
const linkerFlags = {
  linux: ['-shared', '-pthread', '-Wl,--gc-sections'],
  darwin: ['-bundle', '-undefined', 'dynamic_lookup'],
};

const runs = (command) => spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;

/** The compiler, or why there is nothing to be done here. */
function findCompiler() {
  if (!tables[process.arch]) return { fault: `there are no kernels for ${process.arch}` };
  if (!linkerFlags[process.platform]) return { fault: `it is not built on ${process.platform}` };
  const asked = process.env['CC'];
  const compiler = (asked ? [asked] : ['cc', 'gcc', 'clang']).find(runs);
  if (compiler) return { compiler };
  const how = { linux: 'e.g. apt-get install gcc', darwin: 'xcode-select --install' }[process.platform];
  return { fault: `there is no C compiler (${how})` };
}

async function run(compiler, args) {
  try {
    const { stderr } = await promisify(execFile)(compiler, args, { cwd: pathOf('kernels') });
    process.stderr.write(stderr);
  } catch (error) {
    process.stderr.write(error.stderr ?? '');
    throw new Error(`${compiler} ${args.join(' ')} failed`, { cause: error });
  }
}

async function compile(compiler) {
  const folder = mkdtempSync(join(tmpdir(), 'attune-'));
  const object = async (source, name, flags) => {
    const file = join(folder, `${name}.o`);
    await run(compiler, [...commonFlags, ...flags, source, '-o', file]);
    return file;
  };
  try {
    const objects = await Promise.all([
      ...Object.entries(tables[process.arch]).map(([name, flags]) =>
        object('table.c', name, [...flags, `-DKERNEL_TABLE=kernels_${name}`]),
      ),
      object('executor.c', 'executor', []),
      ...['pool', 'engine', 'addon'].map((name) => object(`native/${name}.c`, name, [`-I${nodeHeaders}`])),
    ]);
    const addon = join(folder, 'engine.node');
    const link = [...linkerFlags[process.platform], ...(sanitize ? ['-fsanitize=address,undefined'] : [])];
    await run(compiler, [...link, ...objects, '-o', addon]);
    return readFileSync(addon);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const { compiler, fault } = findCompiler();
if (fault) {
  console.log(`Native kernels: not built, ${fault}. The engine runs as WebAssembly.`);
} else {
  const stamp = {
    folder: sanitize ? 'dist/sanitize' : 'dist/native',
    names: ['engine.node'],
    by: [readFileSync(new URL(import.meta.url)), compiler, process.arch, process.platform],
  };
  if (isUpToDate(stamp)) {
    console.log('Native kernels: up to date');
  } else {
    console.log('Compiling kernels to native code');
    const started = Date.now();
    try {
      const addon = await compile(compiler);
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
