/**
 * Compiles the kernels to WebAssembly: `node build/wasm.js`. Writes `dist/wasm/engine.wasm` and, for engines with relaxed
 * SIMD, `engine-relaxed.wasm`. Needs no compiler beside the one that npm installs. Does nothing where both are up to date.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { isUpToDate, kernelSources, pathOf, takeStamp, writeOutputs } from './sources.js';

const compilerFlags = [
  ...['--target=wasm32-unknown-unknown', '-std=gnu17', '-O3', '-fno-strict-aliasing', '-ffp-contract=off'],
  ...['-Wall', '-Wextra', '-Werror', '-isystem', 'kernels/wasm'],
  // It writes addresses in a form that costs V8 an addition each, and undoes the order of loads in the tile of a product.
  ...['-mllvm', '-disable-lsr'],
  ...['-matomics', '-mbulk-memory', '-mmutable-globals', '-msign-ext', '-mnontrapping-fptoint'],
];
/** The memory comes from outside, so that threads share it. The stack lies below all else: an overflow traps. */
const linkerFlags = [
  ...['--no-entry', '--gc-sections', '--strip-all', '--stack-first', '-z', `stack-size=${256 << 10}`],
  ...['--import-memory', '--shared-memory', `--max-memory=${4 * 1024 ** 3}`],
  ...['--export=__heap_base', '--export=__stack_pointer'],
];
const modules = { 'engine.wasm': ['-msimd128'], 'engine-relaxed.wasm': ['-msimd128', '-mrelaxed-simd'] };

/** Runs a command of LLVM on files in memory; returns the file that it writes. */
async function runTool(tool, args, files, output) {
  let text = '';
  const decoder = new TextDecoder();
  const print = (bytes) => bytes && (text += decoder.decode(bytes, { stream: true }));
  try {
    const written = await tool([...args, '-o', output], files, {
      stdout: print,
      stderr: print,
      fetchProgress: () => undefined,
    });
    if (text !== '') process.stderr.write(text);
    return written[output];
  } catch (error) {
    throw new Error(`${args.join(' ')}\n${text}`, { cause: error });
  }
}

/** Compiles and links one module. */
async function compileModule(name) {
  // Loading it takes a second.
  const { commands } = await import('@yowasp/clang');
  const compile = (source, flags, object) =>
    runTool(
      commands.clang,
      [...compilerFlags, ...flags, '-c', `kernels/${source}`],
      { kernels: kernelSources() },
      object,
    );
  const objects = {
    'executor.o': await compile('executor.c', [], 'executor.o'),
    'table.o': await compile('table.c', modules[name], 'table.o'),
  };
  return runTool(commands['wasm-ld'], [...linkerFlags, ...Object.keys(objects)], objects, name);
}

/** Compiles a module in a thread of its own: the compiler takes one processor, and most of the time of a first build. */
async function compileInThread(name) {
  const thread = new Worker(new URL(import.meta.url), { workerData: name });
  const [bytes] = await once(thread, 'message');
  return bytes;
}

async function build() {
  const stamp = takeStamp({
    folder: 'dist/wasm',
    names: Object.keys(modules),
    by: [readFileSync(new URL(import.meta.url)), readFileSync(pathOf('package.json'))],
  });
  if (isUpToDate(stamp)) {
    console.log('WebAssembly kernels: up to date');
    return;
  }
  console.log('Compiling kernels to WebAssembly');
  const started = Date.now();
  const names = Object.keys(modules);
  const compiled = await Promise.all(names.map(compileInThread));
  const outputs = Object.fromEntries(names.map((name, i) => [name, compiled[i]]));
  writeOutputs(stamp, outputs);
  const sizes = Object.entries(outputs).map(
    ([name, bytes]) => `${name} ${Math.ceil(bytes.length / 1024)} KB`,
  );
  console.log(`WebAssembly kernels: ${sizes.join(', ')} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
}

if (isMainThread) await build();
else parentPort.postMessage(await compileModule(workerData));
