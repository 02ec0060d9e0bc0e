import { serveTests } from '../page/index.js';

serveTests(({ describe, test }) => {
  describe('a process', () => void test('passes', async () => undefined));
});
