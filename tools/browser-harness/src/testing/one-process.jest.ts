import { describeInProcess } from '../describe-in-process.js';

await describeInProcess({
  name: 'in a process',
  module: new URL('./served.ts', import.meta.url),
  runner: { describe, test, beforeAll, afterAll },
});
