import { backend as reference } from '@attune/backend-reference';
import { allocateParameters } from './parameters.js';
import { tinyModel } from '../testing/tiny-model.js';

test('a model that is larger than the device is refused before it is initialised', async () => {
  const backend = await reference.create();
  const small = { ...backend, device: { ...backend.device, memoryBytes: 1000 } };
  await expect(allocateParameters(small, tinyModel(), { seed: 1 })).rejects.toMatchObject({
    code: 'OUT_OF_MEMORY',
    message: expect.stringMatching(/parameters take \d+ bytes, but reference has 1000/),
  });
  expect(backend.memory().bytes).toBe(0);
});
