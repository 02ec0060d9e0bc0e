/**
 * A process of its own for {@link probe}: loads TensorFlow, multiplies matrices, and prints what came of it as JSON. What
 * goes wrong in a native library ends this process, and no other.
 */
import { engine, type Tensor } from '@tensorflow/tfjs-core';
import { LoadFailure } from '../load/load-failure.js';
import { load, nodeLoader } from '../load/load.js';
import { TFJS_BACKEND } from '../load/tfjs-node.js';
import type { Probe } from './probe.js';

/** Multiplies square matrices for about a second; in FLOP a second. */
async function matmulRate(size: number): Promise<number> {
  const tf = engine();
  await tf.setBackend(TFJS_BACKEND);
  const x = tf.makeTensor(new Float32Array(size * size).fill(0.5), [size, size], 'float32') as Tensor;
  const attributes = { transposeA: false, transposeB: false };
  /** Products one after the other, then one number of the last, so that all are done. */
  const multiply = (count: number) => {
    for (let i = 0; i < count; i++) {
      const product = tf.runKernel('BatchMatMul', { a: x, b: x }, attributes) as Tensor;
      if (i === count - 1) {
        const slice = { begin: [0, 0], size: [1, 1] };
        const corner = tf.runKernel('Slice', { x: product }, slice) as Tensor;
        corner.dataSync();
        corner.dispose();
      }
      product.dispose();
    }
  };
  multiply(2);
  let [count, seconds] = [0, 0];
  while (seconds < 1) {
    const start = performance.now();
    multiply(10);
    count += 10;
    seconds += (performance.now() - start) / 1000;
  }
  return (count * 2 * size ** 3) / seconds;
}

async function main(address: string | undefined): Promise<Probe> {
  try {
    const { tensorflow, gpu } = await load(
      { tf32: false },
      nodeLoader(address === undefined ? undefined : () => address),
    );
    const size = gpu ? 4096 : 1024;
    return { loaded: true, tensorflow, gpu, matmul: { size, flops: await matmulRate(size) } };
  } catch (error) {
    if (!(error instanceof LoadFailure)) throw error;
    const { reason, fix } = error;
    return { loaded: false, reason, ...(fix && { fix }) };
  }
}

console.log(JSON.stringify(await main(process.argv[2])));
