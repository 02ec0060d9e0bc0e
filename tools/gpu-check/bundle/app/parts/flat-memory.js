import { optimizer } from '../sizes.js';

const STEPS = 300;

/** Trains many steps of a size: what the backend holds must not grow. */
export function flatMemory(size) {
  return async ({ device, startWorker, gpuMemory, leftMs, result, save }) => {
    const worker = startWorker(['--expose-gc']);
    const { config, batchSize } = size;
    result.held = [];
    try {
      await worker.ask(
        'flatMemory',
        { steps: STEPS, device, config, batchSize, optimizer },
        leftMs(),
        ({ held }) => {
          const gpuBytes = gpuMemory.now();
          result.held.push({ ...held, ...(gpuBytes !== undefined && { gpuBytes }) });
          const [first] = result.held;
          result.flat = result.held.every(
            ({ bytes, buffers }) => bytes === first.bytes && buffers === first.buffers,
          );
          save();
        },
      );
    } finally {
      await worker.kill();
    }
    if (!result.flat) throw new Error('The backend holds more after some steps than after the tenth');
  };
}
