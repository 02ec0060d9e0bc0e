import { resolveObjectURL } from 'node:buffer';
import { Worker as NodeWorker } from 'node:worker_threads';
import type { PeerEngine } from './engines.js';
import { weightsOf } from './engines.js';
import type { Work } from './works.js';

/** An array of jax-js. Every use of one but the last is of its `ref`. */
interface JaxArray {
  readonly ref: JaxArray;
  add(other: JaxArray | number): JaxArray;
  sub(other: JaxArray): JaxArray;
  mul(other: JaxArray | number): JaxArray;
  reshape(shape: readonly number[]): JaxArray;
  data(): Promise<Float32Array>;
}
type Function1 = (x: JaxArray) => JaxArray;

/** The parts of jax-js 0.1 that are used here. */
interface Jax {
  readonly init: () => Promise<readonly string[]>;
  readonly defaultDevice: (name: string) => void;
  readonly jit: (f: (x: JaxArray, weights: JaxArray[]) => JaxArray) => typeof f;
  readonly numpy: {
    array(data: Float32Array): JaxArray;
    matmul(a: JaxArray, b: JaxArray): JaxArray;
    exp: Function1;
    tanh: Function1;
    negative: Function1;
  };
  readonly nn: {
    sigmoid: Function1;
    softmax(x: JaxArray, axis: number): JaxArray;
    standardize(x: JaxArray, axis: number, options: { epsilon: number }): JaxArray;
  };
}

/**
 * Web Workers for jax-js, which has threads in pages alone, by those of Node. A script comes as a blob, and what is sent before it
 * has been read waits.
 */
class BlobWorker {
  onmessage: ((event: { data: unknown }) => void) | undefined;
  onerror: ((event: { message: string }) => void) | undefined;
  private readonly started: Promise<NodeWorker>;

  constructor(url: string) {
    this.started = this.start(url);
  }

  postMessage(message: unknown): void {
    void this.started.then((thread) => thread.postMessage(message));
  }

  private async start(url: string): Promise<NodeWorker> {
    const script = await resolveObjectURL(url)!.text();
    const prelude =
      'const port = require("node:worker_threads").parentPort; const self = globalThis;' +
      'globalThis.postMessage = (data) => port.postMessage(data); port.on("message", (data) => self.onmessage({ data }));';
    const thread = new NodeWorker(prelude + script, { eval: true });
    thread.unref();
    thread.on('message', (data: unknown) => this.onmessage?.({ data }));
    thread.on('error', (error) => this.onerror?.(error));
    return thread;
  }
}

/** The works in jax-js's own functions. */
const bodies: Readonly<
  Record<Work['kind'], (jax: Jax, x: JaxArray, weights: readonly JaxArray[]) => JaxArray>
> = {
  products: ({ numpy }, x, weights) => weights.reduce((y, w) => numpy.matmul(y, w), x),
  chain: ({ numpy, nn }, x) =>
    x.ref
      .mul(nn.sigmoid(x.ref))
      .add(numpy.tanh(x.ref.mul(0.8)).mul(0.5))
      .sub(numpy.exp(numpy.negative(x.ref.mul(x)))),
  softmax: ({ nn }, x) => nn.softmax(x, -1),
  'layer norm': ({ nn }, x, [scale, shift]) =>
    nn.standardize(x, -1, { epsilon: 1e-5 }).mul(scale!).add(shift!),
};

/** Opens jax-js, from the address of its module, which does not say its version. */
export async function openJax(module: string, version: string, threads: number): Promise<PeerEngine> {
  // Node 20 has no navigator.
  const navigator = { hardwareConcurrency: threads, userAgent: 'Node' };
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true });
  if (threads > 1) Object.assign(globalThis, { Worker: BlobWorker });
  const jax = (await import(module)) as Jax;
  await jax.init();
  jax.defaultDevice('wasm');
  return {
    version: `jax-js ${version}, ${threads} threads`,
    async prepare(work) {
      const array = (data: Float32Array, shape: readonly number[]) => jax.numpy.array(data).reshape(shape);
      const weights = weightsOf(work).map(([name, data]) => array(data, work.weights[name]!));
      const compiled = jax.jit((x, all) => bodies[work.kind](jax, x, all));
      // Every call takes what it is given, so that weights are handed on by reference.
      return async (x) =>
        compiled(
          array(x, work.shape),
          weights.map(({ ref }) => ref),
        ).data();
    },
  };
}
