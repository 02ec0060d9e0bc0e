import { describeBackend } from '@attune/backend-testkit';
import { fixtures } from '@attune/backend-testkit/node';
import { engineBackend } from '@attune/core';
import { engineOn } from './engine.js';
import { referenceHost } from './testing/reference-host.js';

/** The compiler, on kernels that are the definitions of the ops: whatever fails here is not a kernel's fault. */
await describeBackend({
  name: 'engine on reference kernels',
  create: async () => {
    const { host, rules } = referenceHost();
    return engineBackend(engineOn(host, { name: 'engine', description: 'reference kernels', rules }));
  },
  runner: { describe, test, beforeAll, afterAll },
  fixtures,
});
