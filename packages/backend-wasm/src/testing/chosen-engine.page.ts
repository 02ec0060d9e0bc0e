import { describeBackend } from '@attune/backend-testkit';
import { files, serveTests } from '@attune/browser-harness/page';
import { backend } from '../index.js';
import type { WasmOptions } from '../options/options.js';

/** The kit on the engine that the spec chooses. */
serveTests(async (runner) => {
  const options = JSON.parse(new TextDecoder().decode(await files('options.json'))) as WasmOptions;
  await describeBackend({
    name: 'wasm',
    create: () => backend.create({ wasmPaths: '/files/wasm/', ...options }),
    runner,
    fixtures: files,
  });
});
