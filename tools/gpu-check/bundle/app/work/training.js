import { randomTokens } from '@attune/bench';
import { adamW, applyLora, crossEntropy, gpt2, parameterCount } from '@attune/nn';
import { Trainer } from '@attune/train';
import { openBackend } from './devices.js';

/** The training in progress: a process has one. */
let training;

/** Opens a model with random weights and takes the first step, which compiles. */
export async function openTraining({ device, config, batchSize, optimizer, lora }) {
  const began = performance.now();
  const backend = await openBackend(device);
  const model = gpt2({ ...config, dropout: 0 });
  if (lora) applyLora(model, lora);
  const { gradClip, ...adam } = optimizer;
  const trainer = new Trainer({
    backend,
    model,
    loss: crossEntropy(),
    optimizer: adamW(adam),
    data: randomTokens({ batchSize, ...model.config }, 1337),
    gradClip,
  });
  training = { backend, steps: trainer.fit({ maxIters: Number.MAX_SAFE_INTEGER }) };
  const { loss } = await step();
  return {
    device: backend.device.description,
    parameters: parameterCount(model),
    firstStepMs: performance.now() - began,
    firstLoss: loss,
    backendBytes: backend.memory().bytes,
  };
}

async function step() {
  const { value } = await training.steps.next();
  return value;
}

/** Milliseconds of some steps. Each waits for its loss, as PyTorch's do. */
export async function timeSteps({ count }) {
  const stepMs = [];
  let loss;
  for (let i = 0; i < count; i++) {
    const metrics = await step();
    stepMs.push(metrics.stepMs);
    loss = metrics.loss;
  }
  return { stepMs, loss };
}

/** The dispatches, submits and bytes of a step, on WebGPU. */
export async function countTraffic({ count }) {
  const module = '../../node_modules/@attune/backend-webgpu/dist/testing/traffic.js';
  const { countTraffic: watch } = await import(module);
  const watched = watch();
  for (let i = 0; i < count; i++) await step();
  const traffic = Object.entries(watched.stop());
  return Object.fromEntries(traffic.map(([name, value]) => [name, value / count]));
}

/** Bytes and buffers that the backend of the training holds. */
export const memoryHeld = () => training.backend.memory();
