import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { hasRelaxedSimd } from '../wasm/module.js';
import type { Platform, WorkerEvents } from '../wasm/platform.js';
import type { Reply } from '../wasm/protocol.js';

/** From the sources as from what is built, it is what is built. */
const builtFile = (path: string): URL => new URL(`../../dist/${path}`, import.meta.url);

function startWorker({ message, end }: WorkerEvents) {
  // Without the arguments of this process: not all of them suit a worker.
  const thread = new Worker(builtFile('node/worker.js'), { execArgv: [] });
  thread.on('message', (reply: Reply) => message(reply));
  thread.on('error', (error) => end(`failed: ${error.message}`, error));
  thread.on('exit', (code) => end(`ended with code ${code}`));
  thread.unref();
  return {
    post: thread.postMessage.bind(thread),
    hold: () => thread.ref(),
    release: () => thread.unref(),
    terminate: async () => {
      await thread.terminate();
    },
  };
}

/** Node. */
export const platform: Platform = {
  processors: () => availableParallelism(),
  sharingFault: () => undefined,
  allowRelaxedSimd() {
    // Node 20 has it behind a flag.
    if (!hasRelaxedSimd()) setFlagsFromString('--experimental-wasm-relaxed-simd');
  },
  async compile(name, paths) {
    const given = typeof paths === 'string' ? paths + name : paths?.[name];
    const file = given === undefined ? builtFile(`wasm/${name}`) : given;
    const path = file instanceof URL || file.startsWith('file:') ? fileURLToPath(file) : file;
    return WebAssembly.compile(await readFile(path));
  },
  startWorker,
};
