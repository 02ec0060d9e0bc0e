import { isAttuneError, Random, type HostData } from '@attune/core';
import { memorySource, openSafetensors, readTensors, type ByteSource } from '../index.js';
import { rawFile } from '../testing/raw-file.js';

/**
 * Files damaged at random, from a seed. Whatever comes, the reader gives the right tensors or a typed error, and asks
 * for no more bytes than the file has.
 */
const ROUNDS = 1000;

type Entry = { dtype: string; shape: number[]; data_offsets: number[] };

const sizes: Readonly<Record<string, number>> = { F32: 4, F16: 2, BF16: 2, I32: 4, I64: 8, U8: 1, BOOL: 1 };
const typedErrors = new Set(['FILE_CORRUPT', 'FILE_EMPTY', 'DTYPE_MISMATCH']);

/** A right file: a few small tensors of every dtype. */
function rightFile(random: Random): { header: Record<string, Entry>; data: Uint8Array } {
  const header: Record<string, Entry> = {};
  let end = 0;
  for (let i = random.integer(6); i >= 0; i--) {
    const dtype = pick(random, Object.keys(sizes));
    const shape = Array.from({ length: random.integer(4) }, () => random.integer(4));
    const begin = end;
    end += shape.reduce((a, b) => a * b, 1) * sizes[dtype]!;
    header[`t${i}`] = { dtype, shape, data_offsets: [begin, end] };
  }
  return { header, data: Uint8Array.from({ length: end }, () => random.integer(2)) };
}

function pick<T>(random: Random, values: readonly T[]): T {
  return values[random.integer(values.length)]!;
}

const lies = [0, 1, 2, 3, 4, 7, 8, 64, -1, 0.5, 2 ** 31, 2 ** 32, 2 ** 53, 1e300, null, '4', []];

/** One to three lies told by the header. */
function lie(random: Random, header: Record<string, Entry>): unknown {
  const copy = structuredClone(header) as Record<string, Record<string, unknown>>;
  for (let i = random.integer(3); i >= 0; i--) {
    const entry = copy[pick(random, Object.keys(copy))]!;
    const list = entry[pick(random, ['shape', 'data_offsets'])] as unknown[];
    const change = random.integer(6);
    if (change === 0)
      entry['dtype'] = pick(random, [...Object.keys(sizes), 'F64', 'F8_E4M3', 'F4', 'f32', 4, null]);
    else if (change === 1) list.push(pick(random, lies));
    else if (change === 2) list.pop();
    else if (change === 3) Object.assign(entry, copy[pick(random, Object.keys(copy))]);
    else if (list.length > 0) list[random.integer(list.length)] = pick(random, lies);
  }
  return copy;
}

/** Damage to the bytes: flipped bits, a cut, an insertion, a lying length. */
function damage(random: Random, bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  switch (random.integer(5)) {
    case 0:
      for (let i = random.integer(4); i >= 0; i--)
        copy[random.integer(copy.length)]! ^= 1 << random.integer(8);
      return copy;
    case 1:
      return copy.subarray(0, random.integer(copy.length + 1));
    case 2: {
      const at = random.integer(copy.length + 1);
      return Uint8Array.from([...copy.subarray(0, at), random.integer(256), ...copy.subarray(at)]);
    }
    case 3:
      new DataView(copy.buffer).setBigUint64(
        0,
        BigInt(pick(random, [0, 1, 2 ** 20, 99_999_999, 2 ** 60])),
        true,
      );
      return copy;
    default:
      return copy;
  }
}

/** The value of an element, by the book. */
function valueAt(view: DataView, dtype: string, at: number): number {
  switch (dtype) {
    case 'F32':
      return view.getFloat32(at, true);
    case 'BF16':
      return new DataView(Uint32Array.of(view.getUint16(at, true) << 16).buffer).getFloat32(0, true);
    case 'F16': {
      const half = view.getUint16(at, true);
      const [sign, exponent, fraction] = [half >> 15 ? -1 : 1, (half >> 10) & 31, (half & 1023) / 1024];
      if (exponent === 31) return fraction ? NaN : sign * Infinity;
      return sign * (exponent ? (1 + fraction) * 2 ** (exponent - 15) : fraction * 2 ** -14);
    }
    case 'I32':
      return view.getInt32(at, true);
    case 'I64':
      return Number(view.getBigInt64(at, true));
    default:
      return view.getUint8(at);
  }
}

/** Checks tensors against a reader that trusts every word of the header. */
function expectRight(
  bytes: Uint8Array,
  tensors: Record<string, { shape: readonly number[]; data: HostData }>,
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = 8 + Number(view.getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, start))) as Record<string, Entry>;
  delete header['__metadata__'];
  const spans = Object.values(header).reduce((sum, { data_offsets: [from, to] }) => sum + to! - from!, 0);
  expect(spans).toBe(bytes.byteLength - start);
  expect(Object.keys(tensors).sort()).toEqual(Object.keys(header).sort());
  for (const [name, { dtype, shape, data_offsets: offsets }] of Object.entries(header)) {
    const size = sizes[dtype]!;
    const count = (offsets[1]! - offsets[0]!) / size;
    const values = Array.from({ length: count }, (_, i) =>
      valueAt(view, dtype, start + offsets[0]! + i * size),
    );
    expect(tensors[name]!.shape).toEqual(shape);
    expect([...tensors[name]!.data]).toEqual(values);
  }
}

test(`${ROUNDS} damaged files: a typed error or the right tensors, within the size of the file`, async () => {
  const random = new Random(2024);
  const outcomes = { right: 0, refused: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const { header, data } = rightFile(random);
    const written = rawFile(random.integer(2) ? lie(random, header) : header, data);
    const bytes = random.integer(2) ? damage(random, written) : written;
    const memory = memorySource(bytes);
    let asked = 0;
    const source: ByteSource = {
      ...memory,
      read: (offset, length) => {
        asked += length;
        return memory.read(offset, length);
      },
    };
    try {
      const file = await openSafetensors(source);
      const tensors = await readTensors(file, file.entries.keys());
      // One byte of U8 becomes four of i32: the most that a file can grow.
      const held = Object.values(tensors).reduce((sum, tensor) => sum + tensor.data.byteLength, 0);
      expect(held).toBeLessThanOrEqual(4 * bytes.byteLength);
      expectRight(bytes, tensors);
      outcomes.right++;
    } catch (error) {
      if (!isAttuneError(error) || !typedErrors.has(error.code)) throw error;
      outcomes.refused++;
    }
    expect(asked).toBeLessThanOrEqual(bytes.byteLength);
  }
  // Both happen often enough that the test means something.
  expect(outcomes.right).toBeGreaterThan(ROUNDS / 5);
  expect(outcomes.refused).toBeGreaterThan(ROUNDS / 5);
});

test('a header of deep nesting and long strings is refused or read, without a stack overflow', async () => {
  const deep = `{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
  await expect(openSafetensors(memorySource(rawFile(deep)))).rejects.toMatchObject({ code: 'FILE_CORRUPT' });
  const long = { __metadata__: { text: 'x\\"'.repeat(500_000) } };
  expect((await openSafetensors(memorySource(rawFile(long)))).metadata['text']).toHaveLength(1_500_000);
});
