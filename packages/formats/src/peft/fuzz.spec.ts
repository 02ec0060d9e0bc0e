import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isAttuneError, Random } from '@attune/core';
import { gpt2 } from '@attune/nn';
import { readAdapterFolder } from '../node/index.js';

/**
 * Adapters that are damaged at random, from a seed, their configuration and their tensors. Whatever comes, it is a typed
 * error, or an adapter whose tensors are those of its model.
 */
const ROUNDS = 120;

const fixture = fileURLToPath(
  new URL('../../../backend-testkit/fixtures/peft_lora/adapter', import.meta.url),
);
const [CONFIG, TENSORS] = ['adapter_config.json', 'adapter_model.safetensors'] as const;
const typedErrors = new Set([
  ...[
    'FILE_CORRUPT',
    'FILE_EMPTY',
    'FILE_NOT_FOUND',
    'FILE_READ',
    'UNSUPPORTED_MODEL',
    'INVALID_CONFIG',
    'CHECKPOINT_MISMATCH',
  ],
  ...['INVALID_ARGUMENT', 'DTYPE_MISMATCH'],
]);

const VALUES: readonly unknown[] = [
  ...[
    null,
    true,
    '',
    'x',
    'none',
    'all',
    '__proto__',
    -1,
    0,
    0.5,
    4,
    2 ** 31,
    2 ** 53,
    1e308,
    [],
    {},
    [[]],
    [1],
  ],
  ...[
    'all-linear',
    ['c_attn'],
    ['__proto__'],
    ['wte'],
    ['ln_1'],
    '.*',
    '(a+)+',
    '(.|.)*x',
    '(',
    '.*attn.*',
    'h\\.0.*',
  ],
  { c_attn: 4 },
];

const pick = <T>(random: Random, list: readonly T[]): T => list[random.integer(list.length)]!;

function changed(config: object, random: Random): string {
  const document: Record<string, unknown> = { ...config };
  for (let n = random.integer(3); n > 0; n--) {
    const key = pick(random, [...Object.keys(document), 'target_modules', 'r', 'more']);
    if (random.integer(5) === 0) delete document[key];
    else document[key] = pick(random, VALUES);
  }
  const text = JSON.stringify(document);
  return random.integer(10) ? text : text.slice(0, random.integer(text.length));
}

function damaged(bytes: Uint8Array, random: Random): Uint8Array {
  if (random.integer(3)) return bytes;
  const copy = Uint8Array.from(
    bytes.subarray(0, random.integer(3) ? bytes.length : random.integer(bytes.length)),
  );
  for (let n = random.integer(4); n > 0 && copy.length > 0; n--) {
    // Mostly in the header, where it says what there is.
    copy[random.integer(Math.min(copy.length, random.integer(4) ? 2000 : Infinity))] = random.integer(256);
  }
  return copy;
}

test(`${ROUNDS} damaged adapters`, async () => {
  const parent = await mkdtemp(join(tmpdir(), 'attune-adapters-'));
  const folder = join(parent, 'adapter');
  await mkdir(folder);
  const config = JSON.parse(await readFile(join(fixture, CONFIG), 'utf8')) as object;
  const tensors = await readFile(join(fixture, TENSORS));
  const random = new Random(17);
  let read = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const document = changed(config, random);
    await writeFile(join(folder, CONFIG), document);
    await writeFile(join(folder, TENSORS), damaged(tensors, random));
    const model = gpt2({
      vocabSize: 29,
      blockSize: 32,
      nLayer: 2,
      nHead: 2,
      nEmbd: 16,
      dropout: 0,
      bias: true,
    });
    try {
      const adapter = await readAdapterFolder(folder, model);
      const shapes = new Map(model.parameters.map(({ name, shape }) => [name, shape]));
      for (const [name, { shape }] of Object.entries(adapter.tensors))
        expect(shape).toEqual(shapes.get(name));
      read++;
    } catch (error) {
      if (!isAttuneError(error) || !typedErrors.has(error.code)) {
        throw new Error(`${document}: ${String(error)}`, { cause: error });
      }
    }
  }
  await rm(parent, { recursive: true });
  expect(read).toBeGreaterThan(ROUNDS / 10);
  expect(read).toBeLessThan((ROUNDS * 9) / 10);
});
