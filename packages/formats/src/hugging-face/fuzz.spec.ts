import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAttuneError, Random, type HostTensors } from '@attune/core';
import { readTensors } from '../safetensors/tensor-reader.js';
import { writeSafetensors } from '../node/index.js';
import { readHuggingFaceFolder } from '../node/index.js';

/**
 * Folders of sharded models, damaged at random from a seed. Whatever comes, the reader gives the right tensors or a typed
 * error, and nothing that lies outside of the folder.
 */
const ROUNDS = 150;

const INDEX = 'model.safetensors.index.json';
const SHARDS = ['model-1-of-2.safetensors', 'model-2-of-2.safetensors'] as const;
const typedErrors = new Set(['FILE_CORRUPT', 'FILE_EMPTY', 'FILE_NOT_FOUND', 'FILE_READ']);

const tensor = (...values: number[]) =>
  ({ dtype: 'f32', shape: [values.length], data: Float32Array.from(values) }) as const;
const right: HostTensors = { a: tensor(1, 2), b: tensor(3), c: tensor(), 'd.weight': tensor(4, 5, 6) };
const files: Readonly<Record<string, HostTensors>> = {
  [SHARDS[0]]: { a: right['a']!, b: right['b']! },
  [SHARDS[1]]: { c: right['c']!, 'd.weight': right['d.weight']! },
};

let parent: string;
let folder: string;
beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'attune-shards-'));
  folder = join(parent, 'model');
  await mkdir(join(folder, 'sub'), { recursive: true });
  // Valid, with a tensor that no shard has: whoever follows a path out of the folder finds it.
  await writeSafetensors(join(parent, 'outside.safetensors'), { e: tensor(666) });
});
afterAll(() => rm(parent, { recursive: true }));

const pick = <T>(random: Random, values: readonly T[]): T => values[random.integer(values.length)]!;

/** Names that an index may hold instead of a shard's. */
const paths = () => [
  ...[
    '../outside.safetensors',
    'sub/../../outside.safetensors',
    './../outside.safetensors',
    '..\\outside.safetensors',
  ],
  ...[
    join(parent, 'outside.safetensors'),
    `//${join(parent, 'outside.safetensors')}`,
    'file:../outside.safetensors',
  ],
  ...[
    '',
    '.',
    '..',
    '/',
    'sub',
    'sub/none.safetensors',
    'C:\\x',
    'nul\0',
    `${SHARDS[0]}\0.txt`,
    'x'.repeat(5000),
  ],
  ...['__proto__', 'config.json', INDEX, ...SHARDS, `./${SHARDS[0]}`, `sub/../${SHARDS[1]}`],
];

/** An index that tells up to two lies. */
function lie(random: Random): unknown {
  const names = ['a', 'b', 'c', 'd.weight', '__proto__', 'constructor', 'e', ''];
  const map: Record<string, unknown> = { a: SHARDS[0], b: SHARDS[0], c: SHARDS[1], 'd.weight': SHARDS[1] };
  for (let i = random.integer(3); i > 0; i--) {
    const name = pick(random, names);
    if (random.integer(5) === 0) delete map[name];
    else {
      const value =
        random.integer(4) === 0 ? pick<unknown>(random, [null, 5, [], {}, true]) : pick(random, paths());
      Object.defineProperty(map, name, { value, enumerable: true, configurable: true });
    }
  }
  return random.integer(10) === 0 ? pick<unknown>(random, [null, [], {}, 'x', 5, [map]]) : map;
}

/** A document with flipped bits, or cut short. */
function damage(random: Random, bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0 || random.integer(3) > 0) return bytes;
  if (random.integer(2)) return bytes.subarray(0, random.integer(bytes.length));
  const copy = Uint8Array.from(bytes);
  copy[random.integer(copy.length)]! ^= 1 << random.integer(8);
  return copy;
}

test(`${ROUNDS} damaged folders: a typed error or the right tensors, none from outside`, async () => {
  const random = new Random(31);
  for (const [name, tensors] of Object.entries(files)) await writeSafetensors(join(folder, name), tensors);
  const shard = await readFile(join(folder, SHARDS[0]));
  const outcomes = { right: 0, refused: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const index = JSON.stringify({ metadata: {}, weight_map: random.integer(8) ? lie(random) : undefined });
    await writeFile(join(folder, INDEX), damage(random, Buffer.from(index)));
    await writeFile(join(folder, 'config.json'), damage(random, Buffer.from('{"model_type":"gpt2"}')));
    await writeFile(join(folder, SHARDS[0]), random.integer(8) ? shard : damage(random, shard));
    try {
      const { tensors } = await readHuggingFaceFolder(folder);
      try {
        const read = await readTensors(tensors, Object.keys(tensors.specs));
        for (const [name, { shape, data }] of Object.entries(read)) {
          // Of the numbers, a bit may have flipped: that no format can see.
          expect(shape).toEqual(right[name]!.shape);
          expect(data).not.toContain(666);
        }
        outcomes.right++;
      } finally {
        await tensors.close();
      }
    } catch (error) {
      if (!isAttuneError(error) || !typedErrors.has(error.code)) throw error;
      outcomes.refused++;
    }
  }
  expect(outcomes.right).toBeGreaterThan(ROUNDS / 10);
  expect(outcomes.refused).toBeGreaterThan(ROUNDS / 4);
});
