import { backend as plugin } from './index.js';

test('says which engine it takes, and runs on it', async () => {
  expect(await plugin.isAvailable({ engine: 'attune' })).toEqual({
    available: true,
    description: expect.stringMatching(/^attune \S+, WebAssembly (relaxed )?SIMD, \d+ threads?/),
  });
  const backend = await plugin.create({ engine: 'attune', isa: 'simd128', threads: 1 });
  expect(backend.device).toMatchObject({
    description: expect.stringMatching(/^attune \S+, WebAssembly SIMD, 1 thread/),
    engine: { name: 'attune', version: expect.any(String), isa: 'simd128' },
  });
  await backend.dispose();
});

test.each([
  [{ engine: 'atune' as 'attune' }, /no engine "atune". Did you mean "attune"\?/],
  [{ engine: 'attune', isa: 'relaxd' as 'relaxed' }, /instruction set "relaxd". Did you mean "relaxed"\?/],
  [{ engine: 'tfjs', isa: 'relaxed' }, /the engine tfjs has no choice of instruction set/],
  [{ engine: 'attune', threads: 0 }, /threads must be a whole number from 1 to 256, but is 0/],
] as const)('refuses %j', async (options, message) => {
  await expect(plugin.create(options)).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringMatching(message),
  });
});
