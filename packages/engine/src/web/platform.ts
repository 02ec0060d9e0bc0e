import type { Platform, WorkerEvents } from '../wasm/platform.js';
import type { Reply } from '../wasm/protocol.js';

/** Addresses of the modules, each as one literal beside `import.meta.url`: a bundler follows those. */
const moduleUrls: Readonly<Record<string, () => URL>> = {
  'engine.wasm': () => new URL('../../dist/wasm/engine.wasm', import.meta.url),
  'engine-relaxed.wasm': () => new URL('../../dist/wasm/engine-relaxed.wasm', import.meta.url),
};

function startWorker({ message, end }: WorkerEvents) {
  const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
  worker.onmessage = ({ data }: MessageEvent<Reply>) => message(data);
  worker.onerror = (event) => {
    // Without this, the page reports it as well.
    event.preventDefault();
    end(`failed: ${event.message ?? 'its script does not load'}`, event.error);
  };
  worker.onmessageerror = () => end('got a message that it cannot read');
  return {
    post: (command: unknown, transfer: readonly ArrayBuffer[] = []) =>
      worker.postMessage(command, [...transfer]),
    // Pages do not wait for their workers.
    hold: () => undefined,
    release: () => undefined,
    terminate: async () => worker.terminate(),
  };
}

/** A page, or a worker of one. */
export const platform: Platform = {
  processors: () => navigator.hardwareConcurrency,
  sharingFault: () =>
    globalThis.crossOriginIsolated
      ? undefined
      : 'the page is not cross-origin isolated (headers COOP and COEP), so threads cannot share memory',
  allowRelaxedSimd: () => undefined,
  async compile(name, paths) {
    const given = typeof paths === 'string' ? paths + name : paths?.[name];
    const url = given ?? moduleUrls[name]!().href;
    const response = await fetch(url);
    if (!response.ok) throw new Error(`GET ${url} answers ${response.status}`);
    return WebAssembly.compile(await response.arrayBuffer());
  },
  startWorker,
};
