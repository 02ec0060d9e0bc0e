import { AttuneError } from '@attune/core';
import { backend as plugin } from './index.js';

const found = await plugin.isAvailable({ engine: 'attune' });
/** Where there is no C compiler, there is no native engine, and `doctor` says so. */
const withEngine = found.available ? test : test.skip;

withEngine('says which engine it takes, and runs on it', async () => {
  expect(found).toEqual({
    available: true,
    description: expect.stringMatching(/^attune \S+, (AVX-512|AVX2|NEON), \d+ threads?/),
  });
  const backend = await plugin.create({ engine: 'attune', threads: 1 });
  expect(backend.device).toMatchObject({
    description: expect.stringContaining(', 1 thread, '),
    engine: { name: 'attune', version: expect.any(String), isa: expect.stringMatching(/avx512|avx2|neon/) },
  });
  await backend.dispose();
});

withEngine('an instruction set that the processor lacks is a reason, and there are others', async () => {
  const missing = process.arch === 'x64' ? 'neon' : 'avx2';
  expect(await plugin.isAvailable({ engine: 'attune', isa: missing })).toMatchObject({
    available: false,
    reason: expect.stringContaining(missing),
  });
  await expect(plugin.create({ engine: 'attune', isa: missing })).rejects.toBeInstanceOf(AttuneError);
});

test.each([
  [{ engine: 'atune' as 'attune' }, /no engine "atune". Did you mean "attune"\?/],
  [{ engine: 'attune', isa: 'avx' as 'avx2' }, /instruction set "avx". Did you mean "avx2"\?/],
  [{ engine: 'onnxruntime', isa: 'avx2' }, /the engine onnxruntime has no choice of instruction set/],
] as const)('refuses %j', async (options, message) => {
  await expect(plugin.create(options)).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringMatching(message),
  });
});
