import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { ggufValue as value, type GgufMetadata } from './metadata.js';
import type { GgufTensorType } from './tensor-types.js';
import { encodeGguf, type GgufTensor } from './writer.js';

const fixture = (name: string) =>
  fileURLToPath(new URL(`../../../../backend-testkit/fixtures/gguf/${name}`, import.meta.url));

async function bytesOf(metadata: GgufMetadata, tensors: readonly GgufTensor[]): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of encodeGguf({ metadata, tensors })) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const tensor = (
  name: string,
  shape: readonly number[],
  type: GgufTensorType,
  data: ArrayLike<number>,
): GgufTensor => ({ name, shape, type, read: async () => Float32Array.from(data) });

test('the bytes are those of gguf-py', async () => {
  const { numbers } = JSON.parse(await readFile(fixture('case.json'), 'utf8')) as { numbers: number[] };
  const metadata: GgufMetadata = new Map([
    ['general.architecture', value.string('gpt2')],
    ['a.u32', value.u32(4_000_000_000)],
    ['a.i32', { type: 'i32', value: -7 }],
    ['a.f32', value.f32(1e-5)],
    ['a.yes', value.bool(true)],
    ['a.no', value.bool(false)],
    ['a.string', value.string('Zürich 🐈')],
    ['a.strings', value.strings(['', 'Ġa', 'a b'])],
    ['a.i32s', value.i32s([1, -2, 3])],
    ['a.f32s', { type: 'f32s', value: [0.5, -1000] }],
  ]);
  const matrices = (['f32', 'f16', 'bf16', 'q8_0'] as const).map((type) =>
    tensor(`${type}.weight`, [8, 64], type, numbers),
  );
  const written = await bytesOf(metadata, [
    tensor('vector', [5], 'f32', numbers.slice(448, 453)),
    ...matrices,
  ]);
  expect(written.equals(await readFile(fixture('tiny.gguf')))).toBe(true);
});

test.each([
  ['f16', 65520, 'has the value 65520, which f16 does not hold'],
  ['q8_0', NaN, 'has the value NaN, which q8_0 does not hold'],
  ['q8_0', -65520 * 127, 'has the value -8321040, which q8_0 does not hold'],
] as const)('%s does not take %d', async (type, number, message) => {
  const data = new Float32Array(32).fill(number);
  await expect(bytesOf(new Map(), [tensor('a', [1, 32], type, data)])).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining(`a ${message}.`),
  });
});

test.each([
  ['rows that are no whole blocks', [tensor('a', [2, 48], 'q8_0', new Float32Array(96))], /rows of 48/],
  ['two of a name', [tensor('a', [1], 'f32', [1]), tensor('a', [1], 'f32', [1])], /Two tensors/],
  ['a name that llama.cpp has no room for', [tensor('a'.repeat(64), [1], 'f32', [1])], /63 bytes/],
  ['fewer numbers than it says', [tensor('a', [2], 'f32', [1])], /should have 2 numbers, but 1/],
])('a tensor with %s is refused', async (_, tensors, message) => {
  await expect(bytesOf(new Map(), tensors)).rejects.toThrow(message);
});

test.each([
  ['u32', 2 ** 32],
  ['u32', 0.5],
  ['i32', 2 ** 31],
  ['f32', 1e39],
  ['f32', NaN],
] as const)('metadata of the type %s does not take %d', async (type, number) => {
  const metadata: GgufMetadata = new Map([['a.key', { type, value: number }]]);
  await expect(bytesOf(metadata, [])).rejects.toThrow(
    `a.key is ${number}, which the type ${type} does not hold`,
  );
});

test('tensors are read one at a time, when their turn comes', async () => {
  const read: string[] = [];
  const lazy = (name: string): GgufTensor => ({
    ...tensor(name, [1], 'f32', [1]),
    read: async () => (read.push(name), Float32Array.of(1)),
  });
  const chunks = encodeGguf({ metadata: new Map(), tensors: [lazy('a'), lazy('b')] });
  await chunks.next();
  expect(read).toEqual([]);
  await chunks.next();
  expect(read).toEqual(['a']);
});
