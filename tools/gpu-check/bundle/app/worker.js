/**
 * The process that a part of the check runs in, so that a driver which crashes or hangs takes nothing else with it. It reads one
 * request a line, `{ id, do, ... }`, and writes lines of `{ id, event }`, then `{ id, result }` or `{ id, error }`: see processes/peer.js.
 */
import { createInterface } from 'node:readline';
import { conformance } from './work/conformance.js';
import { decodeTokens, openDecoding } from './work/decoding.js';
import { flatMemory } from './work/flat-memory.js';
import { describeDevice, openDevice } from './work/devices.js';
import { openTraining, timeSteps, countTraffic } from './work/training.js';

const requests = {
  describeDevice,
  openDevice,
  conformance,
  openTraining,
  timeSteps,
  countTraffic,
  openDecoding,
  decodeTokens,
  flatMemory,
};

const write = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

/** An error as data, with what its own type says. */
const errorOf = (error) => ({
  message: error instanceof Error ? error.message : String(error),
  ...(error?.code !== undefined && { code: error.code }),
  ...(error?.fix !== undefined && { fix: error.fix }),
  ...(error instanceof Error && { stack: error.stack }),
});

for await (const line of createInterface({ input: process.stdin })) {
  const { id, do: name, ...options } = JSON.parse(line);
  try {
    const result = await requests[name](options, (event) => write({ id, event }));
    write({ id, result: result ?? null });
  } catch (error) {
    write({ id, error: errorOf(error) });
  }
}
// Without waiting for V8, which may still be optimising onnxruntime's WebAssembly.
process.exit(0);
