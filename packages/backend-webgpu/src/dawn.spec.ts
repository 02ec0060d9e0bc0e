import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describeInProcess } from '@attune/browser-harness';

/** Where Debian's Chromium keeps its Vulkan driver in software, SwiftShader, and the loader for it. */
const chromium = '/usr/lib/chromium';
const swiftShader = join(chromium, 'vk_swiftshader_icd.json');

const hasGpu = ['/dev/dri', '/dev/nvidia0'].some((path) => existsSync(path));
const named = process.env['VK_ICD_FILENAMES'] !== undefined;

await describeInProcess({
  name: 'in Node, through Dawn,',
  module: new URL('./testing/conformance.dawn.ts', import.meta.url),
  runner: { describe, test, beforeAll, afterAll },
  timeoutMs: 300_000,
  // V8 spends most of a minute on optimising onnxruntime's WebAssembly, on the cores that the driver computes on.
  execArgv: ['--liftoff-only'],
  // On a machine without a GPU, the driver in software is one to test with.
  ...(!hasGpu && !named && existsSync(swiftShader)
    ? { env: { VK_ICD_FILENAMES: swiftShader, LD_LIBRARY_PATH: chromium } }
    : {}),
});
