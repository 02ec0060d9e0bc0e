import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isAttuneError, Random } from '@attune/core';
import { readTensors } from '../safetensors/tensor-reader.js';
import { readModelFolder } from '../node/index.js';

/**
 * Right weights under a `config.json` with wrong values, from a seed. Whatever they are, it is a typed error or a model
 * that the weights fit, at once and without room for what the document makes up.
 */
const ROUNDS = 60;

const FAMILIES = ['gpt2', 'llama', 'llama_dynamic', 'mistral', 'qwen2_window', 'qwen3'] as const;
const typedErrors = new Set(['UNSUPPORTED_MODEL', 'INVALID_CONFIG', 'CHECKPOINT_MISMATCH', 'FILE_CORRUPT']);

const VALUES: readonly unknown[] = [
  ...[null, true, false, '', 'x', '__proto__', 'gelu', 'default', 0, -1, 0.5, 1, 2, 3, 4, 7, 8, 64],
  ...[2 ** 20, 2 ** 31, 2 ** 40, 2 ** 53 - 1, 2 ** 53, 1e300, -1e300, '4', [], {}, [1], [[]]],
  ...[
    { rope_type: 'yarn' },
    { rope_type: 'dynamic', factor: 1e300 },
    { type: 'linear', factor: -1 },
    ['x'],
    { a: {} },
  ],
];

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-config-'));
});
afterEach(() => rm(folder, { recursive: true }));

const pick = <T>(random: Random, list: readonly T[]): T => list[random.integer(list.length)]!;
const isFilled = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && Object.keys(value).length > 0;

/** The document with one or two of its values replaced or left out, or one added that it did not have. */
function changed(config: object, random: Random): object {
  const document = structuredClone(config) as Record<string, unknown>;
  for (let n = random.integer(2); n >= 0; n--) {
    let at = document;
    let key = pick(random, [
      ...Object.keys(at),
      'rope_scaling',
      'id2label',
      'quantization_config',
      'auto_map',
    ]);
    for (let inner = at[key]; isFilled(inner) && random.integer(2) > 0; inner = at[key]) {
      at = inner;
      key = pick(random, Object.keys(at));
    }
    if (random.integer(5) === 0) delete at[key];
    else at[key] = structuredClone(pick(random, VALUES));
  }
  return document;
}

test.each(FAMILIES)(`${ROUNDS} configurations of %s`, async (family) => {
  const fixture = new URL(`../../../backend-testkit/fixtures/hf_decoder_${family}/model`, import.meta.url);
  await cp(fileURLToPath(fixture), folder, { recursive: true });
  const path = join(folder, 'config.json');
  const right = JSON.parse(await readFile(path, 'utf8')) as object;
  const random = new Random(99);
  let read = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const document = JSON.stringify(changed(right, random));
    await writeFile(path, document);
    try {
      const { model, tensors } = await readModelFolder(folder);
      const found = await readTensors(tensors, Object.keys(tensors.specs));
      for (const { name, shape } of model.parameters) expect(found[name]!.shape).toEqual(shape);
      await tensors.close();
      read++;
    } catch (error) {
      if (!isAttuneError(error) || !typedErrors.has(error.code)) {
        throw new Error(`${document}: ${String(error)}`, { cause: error });
      }
    }
  }
  expect(read).toBeGreaterThan(ROUNDS / 10);
  expect(read).toBeLessThan(ROUNDS);
});
