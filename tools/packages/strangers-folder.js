/**
 * Uses the installed command in a stranger's folder, which has a package or a program in the place of everything that
 * attune may look for, each of which says so when it runs.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

const backends = ['cuda', 'webgpu', 'cpu', 'wasm', 'reference'].map((name) => `@attune/backend-${name}`);
const engines = [
  'webgpu',
  'onnxruntime-node',
  'onnxruntime-web',
  '@tensorflow/tfjs-node-gpu',
  `@attune/engine-${process.platform}-${process.arch}`,
];

function put(file, text, mode = 0o644) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, mode);
}

/** A package that adds its name to a file when it is loaded. */
function plant(folder, name, marker) {
  const home = join(folder, 'node_modules', name);
  const run = `require('node:fs').appendFileSync(${JSON.stringify(marker)}, ${JSON.stringify(`${name}\n`)});`;
  put(join(home, 'package.json'), JSON.stringify({ name, version: '4.22.0', main: 'index.cjs' }));
  put(join(home, 'index.cjs'), `${run}\nmodule.exports = {};\n`);
  // What makes the package for CUDA look as if it could be loaded.
  put(join(home, 'engine.node'), '');
  put(join(home, 'lib/napi-v8/tfjs_binding.node'), '');
  put(join(home, 'deps/lib/libtensorflow.so.2'), '');
}

/**
 * @param installation the folder with the installed command.
 * @param home an empty folder outside of it.
 * @returns what is wrong.
 */
export function faultsInStrangersFolder(installation, home) {
  const faults = [];
  const marker = join(home, 'marker.txt');
  const stranger = join(home, 'stranger');
  const bin = join(stranger, 'node_modules', '.bin');
  for (const name of [...backends, ...engines]) plant(stranger, name, marker);
  for (const name of engines) plant(join(home, 'engines'), name, marker);
  for (const name of ['nvidia-smi', 'npm', 'c++', 'tar', 'ldconfig']) {
    put(join(bin, name), `#!/bin/sh\necho ${name} >> '${marker}'\n`, 0o755);
  }
  put(join(stranger, 'attune-cuda.json'), '{"tfjsNode":"","tensorflow":"","libraries":".","source":"."}');
  put(join(stranger, 'book.txt'), 'the cat sat on the mat. the dog sat on the log.\n'.repeat(60));

  const attune = (...args) => {
    const command = join(installation, 'node_modules/@attune/cli/bin/attune.js');
    // As npx leaves the PATH.
    const env = { ...process.env, PATH: [bin, process.env.PATH].join(delimiter) };
    return spawnSync(process.execPath, [command, ...args], { cwd: stranger, env, encoding: 'utf8' });
  };
  const ran = () => {
    try {
      return new Set(readFileSync(marker, 'utf8').trim().split('\n'));
    } catch {
      return new Set();
    }
  };

  const shape = '--n-layer 1 --n-head 2 --n-embd 16 --block-size 16 --batch-size 2 --sample-tokens 0'.split(
    ' ',
  );
  const commands = [
    ['doctor'],
    ['prepare', 'book.txt', '--out', 'data'],
    ['pretrain', '--data', 'data', '--out', 'run', '--max-iters', '4', '--eval-iters', '1', ...shape],
    ['pretrain', '--resume', 'run', '--max-iters', '5'],
    ['verify', 'run', '--steps', '2'],
    ['evaluate', '--model', 'run', '--data', 'data'],
    ['generate', '--model', 'run', '--max-new-tokens', '4'],
    ...['cuda', 'webgpu'].map((name) => ['generate', '--model', 'run', '--backend', name]),
    ['generate', '--model', 'run', '--backend', 'cpu', '--engine', 'onnxruntime'],
  ];
  for (const args of commands) {
    const { status, stderr } = attune(...args);
    const isNamed = args.includes('--backend');
    if (status !== (isNamed ? 3 : 0)) faults.push(`${args.join(' ')} ended with ${status}:\n${stderr}`);
    if (isNamed && !stderr.includes('--backends-from .')) {
      faults.push(`${args.join(' ')} does not name --backends-from:\n${stderr}`);
    }
    for (const name of ran()) faults.push(`in a stranger's folder, attune ${args.join(' ')} ran its ${name}`);
    rmSync(marker, { force: true });
  }

  const expectRan = (args, names) => {
    const { stdout, stderr } = attune(...args);
    for (const name of names) {
      if (!ran().has(name)) faults.push(`attune ${args.join(' ')} did not load ${name}:\n${stdout}${stderr}`);
    }
    rmSync(marker, { force: true });
  };
  expectRan(['--backends-from', '.', 'doctor'], backends);
  // Backends of attune's own, with engines of that folder. That of WebGPU is loaded where the system has Vulkan only.
  expectRan(['--backends-from', '../engines', 'doctor'], ['@tensorflow/tfjs-node-gpu']);
  expectRan(
    [...'--backends-from ../engines generate --model run --backend cpu --engine onnxruntime'.split(' ')],
    ['onnxruntime-node'],
  );
  return faults;
}
