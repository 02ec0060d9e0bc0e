import { env } from '@tensorflow/tfjs-core';

/** The function that makes the module with threads. tfjs gives its source text to each of its threads. */
type ThreadedFactory = (settings: object) => Promise<unknown>;

/**
 * A script that defines the module's function in a thread.
 *
 * Bundlers put the function into a scope of their own and minifiers shorten the names it takes from there, so that its
 * text alone refers to names that no thread has. Here such a name is `undefined`, which is what those of tfjs's own file
 * are in a thread.
 */
export const threadScript = (source: string): string => `(function () {
  with (new Proxy({}, {
    has: (_, name) => typeof name === 'string' && !(name in globalThis),
    get: () => undefined,
  })) return (${source});
})()`;

/** Loads the function as tfjs's threads do, and calls it until it asks for its WebAssembly. */
const probeScript = (definition: string): string => `
  try {
    importScripts(${JSON.stringify(definition)});
    const wasmMemory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    Promise.resolve(WasmBackendModuleThreadedSimd({
      ENVIRONMENT_IS_PTHREAD: true,
      wasmMemory,
      buffer: wasmMemory.buffer,
      instantiateWasm() {
        postMessage(null);
        close();
        return {};
      },
    })).catch((error) => postMessage(String(error)));
  } catch (error) {
    const forbidden = error.name === 'NetworkError';
    postMessage(forbidden ? 'the page forbids scripts from blob: addresses' : String(error));
  }`;

const scriptUrl = (script: string) => URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));

/** A worker, as far as the probe needs it. This package compiles without the DOM. */
interface ProbeWorker {
  onmessage: (event: { readonly data: string | null }) => void;
  onerror: (event: { readonly message?: string; preventDefault?(): void }) => void;
  terminate(): void;
}

interface ProbeScope {
  readonly Worker?: new (url: string) => ProbeWorker;
}

/** How long a thread may take to begin. One that a policy forbids may never say so. */
const PATIENCE_MS = 10_000;

/**
 * Why a thread of the module cannot run in this page; `undefined` where it can. tfjs does not ask: where a thread fails,
 * it waits for it without end.
 */
async function threadFault(source: string): Promise<string | undefined> {
  const { Worker } = globalThis as unknown as ProbeScope;
  if (!Worker) return 'a worker cannot start workers in this browser';
  const definition = scriptUrl(`var WasmBackendModuleThreadedSimd = ${threadScript(source)};`);
  const url = scriptUrl(probeScript(definition));
  let worker: ProbeWorker | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await new Promise<string | undefined>((resolve) => {
      worker = new Worker(url);
      worker.onmessage = ({ data }) => resolve(data ?? undefined);
      worker.onerror = (event) => {
        event.preventDefault?.();
        resolve(event.message ?? 'the page forbids workers from blob: addresses');
      };
      timer = setTimeout(() => resolve('a worker did not begin'), PATIENCE_MS);
    });
  } catch (error) {
    return (error as Error).message;
  } finally {
    clearTimeout(timer);
    worker?.terminate();
    for (const used of [url, definition]) URL.revokeObjectURL(used);
  }
}

/**
 * Prepares the module's threads where the environment has them: gives tfjs a text of its function that survives a
 * minifier, and tries it. Where it fails, tfjs is told to do without threads.
 *
 * @returns why there are none, where there could be.
 */
export async function prepareThreads(): Promise<string | undefined> {
  const flags = await Promise.all([
    env().getAsync('WASM_HAS_SIMD_SUPPORT'),
    env().getAsync('WASM_HAS_MULTITHREAD_SUPPORT'),
  ]);
  if (!flags.every(Boolean)) return undefined;
  // In a browser only, where bundlers give this module and tfjs the same function.
  const module = await import('@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd.js');
  const factory = ((module as { default?: unknown }).default ?? module) as ThreadedFactory;
  // Its own text, also when it was prepared before.
  const source = Function.prototype.toString.call(factory);
  const fault = await threadFault(source);
  if (fault === undefined) factory.toString = () => threadScript(source);
  else env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  return fault;
}
