import { parentPort, workerData } from 'node:worker_threads';
import type * as OnnxRuntime from 'onnxruntime-node';
import type { Call, PlainError, Reply, WorkerSettings } from './protocol.js';
import { plainError } from './plain-error.js';
import { serve } from './server.js';

/** The worker's file: loads onnxruntime, says so, and serves until it is told to close. */
const port = parentPort!;
const reply = (message: Reply, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);

async function start(): Promise<void> {
  const failed = (error: PlainError) => reply({ type: 'failed', error });
  const { onnxruntime = 'onnxruntime-node' } = workerData as WorkerSettings;
  let ort: typeof OnnxRuntime;
  try {
    ort = (await import(onnxruntime)) as typeof OnnxRuntime;
  } catch (error) {
    failed(plainError(error));
    return;
  }
  const server = serve(ort, workerData as WorkerSettings);
  // One after the other, though sessions run asynchronously.
  let last: Promise<void> = Promise.resolve();
  port.on('message', ({ call, command }: Call) => {
    last = last.then(async () => {
      if (command.type === 'close') {
        await server.close();
        port.close();
        return;
      }
      try {
        const { value, transfer } = await server.handle(command);
        if (call >= 0) reply({ type: 'done', call, value }, transfer);
      } catch (error) {
        if (call < 0) throw error;
        reply({ type: 'error', call, error: plainError(error) });
      }
    });
  });
  reply({ type: 'ready', version: ort.env.versions.node ?? ort.env.versions.common });
}

await start();
