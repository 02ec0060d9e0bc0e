import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { createBackend, hostTensor, sizeOf } from '@attune/core';
import { lowerSymbolic, modelFiles } from '@attune/lowering-onnx';
import { openJax } from './jax.js';
import { numbersOf, programOf, type Work } from './works.js';

/** Does a work once: from an array of JavaScript to another. */
export type Doing = (x: Float32Array) => Promise<Float32Array>;

/** An engine in WebAssembly, in this process. */
export interface PeerEngine {
  readonly version: string;
  prepare(work: Work): Promise<Doing>;
}

export interface PeerOptions {
  readonly threads: number;
  /** The folder where peers are installed that this repository does not depend on. */
  readonly peers: string | undefined;
}

/** The weights of a work, each with a seed of its own. */
export const weightsOf = ({ weights }: Work): [string, Float32Array][] =>
  Object.entries(weights).map(([name, shape], i) => [name, numbersOf(shape, i + 1)]);

async function openBackend(options: Readonly<Record<string, unknown>>): Promise<PeerEngine> {
  const backend = await createBackend('wasm', { options });
  return {
    version: backend.device.description,
    async prepare(work) {
      const spec = Object.fromEntries(
        Object.entries(work.weights).map(([name, shape]) => [name, { shape, dtype: 'f32' as const }]),
      );
      const state = await backend.allocate(spec);
      await state.write(
        Object.fromEntries(
          weightsOf(work).map(([name, data]) => [name, hostTensor('f32', work.weights[name]!, data)]),
        ),
      );
      const executable = await backend.compile(programOf(work), state);
      return async (x) => {
        const { y } = await executable.run({ x: hostTensor('f32', work.shape, x) });
        return y!.data as Float32Array;
      };
    },
  };
}

/** The parts of onnxruntime-web that are used here. */
interface OnnxRuntime {
  readonly env: {
    readonly wasm: { numThreads?: number };
    readonly versions: { readonly web?: string };
  };
  readonly Tensor: new (type: 'float32', data: Float32Array, shape: readonly number[]) => unknown;
  readonly InferenceSession: {
    create(
      model: Uint8Array,
      options: object,
    ): Promise<{ run(feeds: object): Promise<Record<string, { readonly data: Float32Array }>> }>;
  };
}

/** A work as a model, its weights part of it. */
async function modelOf(work: Work): Promise<Uint8Array> {
  const weights = new Map(weightsOf(work));
  const graph = lowerSymbolic(() => programOf(work), {
    lengths: { free: [] },
    weightOf: (name) => ({
      ...{ name, shape: work.weights[name]!, elementType: 'f32' },
      read: async () => new Uint8Array(weights.get(name)!.buffer),
    }),
  });
  const [content] = modelFiles(graph, { file: 'model.onnx' }).values();
  const chunks: Uint8Array[] = [];
  for await (const chunk of content!) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function openOnnxRuntime(threads: number): Promise<PeerEngine> {
  const name = 'onnxruntime-web';
  const { env, InferenceSession, Tensor } = (await import(name)) as OnnxRuntime;
  env.wasm.numThreads = threads;
  return {
    version: `onnxruntime-web ${env.versions.web}`,
    async prepare(work) {
      const options = { executionProviders: ['wasm'], graphOptimizationLevel: 'all' };
      const session = await InferenceSession.create(await modelOf(work), options);
      return async (x) => (await session.run({ x: new Tensor('float32', x, work.shape) }))['y']!.data;
    },
  };
}

/** Opens an engine by name. @throws Error where it does not run with so many threads in Node. */
export async function openPeer(name: string, { threads, peers }: PeerOptions): Promise<PeerEngine> {
  if (name === 'attune') return openBackend({ threads });
  if (name === 'onnxruntime-web') return openOnnxRuntime(threads);
  if (name === 'tfjs') {
    if (threads > 1) throw new Error('tfjs has one thread in Node');
    return openBackend({ engine: 'tfjs' });
  }
  if (peers === undefined) throw new Error('--peers says where it is installed, and is not given');
  const require = createRequire(`${peers}/`);
  const file = require.resolve('@jax-js/jax');
  const { version } = JSON.parse(await readFile(new URL('../package.json', pathToFileURL(file)), 'utf8')) as {
    version: string;
  };
  return openJax(pathToFileURL(file).href, version, threads);
}

/** The largest difference of two results, of the largest number in them. */
export function differenceOf(a: Float32Array, b: Float32Array): number {
  let [difference, size] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    difference = Math.max(difference, Math.abs(a[i]! - b[i]!));
    size = Math.max(size, Math.abs(b[i]!));
  }
  return difference / size;
}

/** The input of a work. */
export const inputOf = ({ shape }: Work): Float32Array => numbersOf([sizeOf(shape)], 0);
