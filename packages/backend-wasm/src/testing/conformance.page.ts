import { describeBackend } from '@attune/backend-testkit';
import { files, serveTests } from '@attune/browser-harness/page';
import { backend } from '../index.js';

serveTests((runner) =>
  describeBackend({
    name: 'wasm',
    create: () => backend.create({ wasmPaths: '/files/wasm/' }),
    runner,
    fixtures: files,
  }),
);
