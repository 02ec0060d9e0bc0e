import { hostTensor, type HostTensors } from '@attune/core';
import { bytesOf as allBytes } from '@attune/files';
import {
  decodeSafetensors,
  encodeSafetensors,
  memorySource,
  memoryTensors,
  openSafetensors,
  readTensors,
  type ByteSource,
} from '../index.js';
import { rawFile } from '../testing/raw-file.js';

const encode = (tensors: HostTensors, metadata?: Record<string, string>) =>
  allBytes(encodeSafetensors(memoryTensors(tensors), { metadata }));

const f32 = (shape: number[], values: number[]) => hostTensor('f32', shape, values);
const one = (dtype: string, shape: number[], data: number[], name = 'a') =>
  rawFile({ [name]: { dtype, shape, data_offsets: [0, data.length] } }, data);
const bytesOf = (array: ArrayBufferView) => [...new Uint8Array(array.buffer)];

describe('writing', () => {
  test('gives the bytes of the reference implementation: wide dtypes first, then by name, header padded', async () => {
    const bytes = await encode(
      {
        z: hostTensor('bool', [3], Uint8Array.of(1, 0, 1)),
        b: hostTensor('i32', [2], [1, 2]),
        s: f32([], [7]),
        c: f32([0, 4], []),
        a: f32([3], [1, 2, 3]),
      },
      { format: 'pt' },
    );
    // As safetensors 0.8 for Python writes the same tensors.
    const header =
      '{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]},' +
      '"c":{"dtype":"F32","shape":[0,4],"data_offsets":[12,12]},"s":{"dtype":"F32","shape":[],"data_offsets":[12,16]},' +
      '"b":{"dtype":"I32","shape":[2],"data_offsets":[16,24]},"z":{"dtype":"BOOL","shape":[3],"data_offsets":[24,27]}}';
    const padded = header.padEnd(Math.ceil(header.length / 8) * 8);
    const data = [...bytesOf(Float32Array.of(1, 2, 3, 7)), ...bytesOf(Int32Array.of(1, 2)), 1, 0, 1];
    expect(bytes).toEqual(rawFile(padded, data));
  });

  test('no tensors make a file too', async () => {
    expect(await encode({})).toEqual(rawFile('{}      '));
    expect(await decodeSafetensors(await encode({}))).toEqual({});
  });

  test('names sort by code point, as their UTF-8 does, and integers do not jump the queue', async () => {
    const names = ['\u{1F600}', '\uFFFD', '10', 'a', '9', '"\\\n'];
    const file = await openSafetensors(
      memorySource(await encode(Object.fromEntries(names.map((name) => [name, f32([1], [0])])))),
    );
    expect([...file.entries.keys()]).toEqual(['"\\\n', '10', '9', 'a', '\uFFFD', '\u{1F600}']);
  });

  test('takes one tensor at a time, and gives chunks of at most 1 MiB', async () => {
    const size = 300_000;
    const reads: string[] = [];
    const spec = { dtype: 'f32', shape: [size] } as const;
    const reader = {
      name: 'memory',
      specs: { b: spec, a: spec },
      read: async (name: string) => {
        reads.push(name);
        return { ...spec, data: Float32Array.from({ length: size }, (_, i) => i) };
      },
    };
    const chunks = encodeSafetensors(reader);
    await chunks.next();
    expect(reads).toEqual([]);
    const first = await chunks.next();
    expect(reads).toEqual(['a']);
    expect(first.value).toHaveLength(2 ** 20);

    const back = await decodeSafetensors(await allBytes(encodeSafetensors(reader)));
    expect(back['b']!.data).toEqual(Float32Array.from({ length: size }, (_, i) => i));
  });

  test('every bit of a float survives, that of a NaN too', async () => {
    const bits = Uint32Array.of(0x7fc12345, 0xffc00001, 0x80000000, 0x00000001, 0x7f800000);
    const data = new Float32Array(bits.buffer);
    const back = await decodeSafetensors(await encode({ a: { dtype: 'f32', shape: [5], data } }));
    expect(new Uint32Array(back['a']!.data.buffer)).toEqual(bits);
  });

  test('a tensor that is not what its spec says is refused', async () => {
    const short = { dtype: 'f32', shape: [2], data: Float32Array.of(1) } as const;
    await expect(encode({ short })).rejects.toMatchObject({ code: 'SHAPE_MISMATCH' });
    await expect(encode({ __metadata__: f32([], [1]) })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});

describe('reading', () => {
  const read = async (dtype: string, shape: number[], data: number[]) =>
    (await decodeSafetensors(one(dtype, shape, data)))['a'];

  test('F32, I32, U8 and BOOL', async () => {
    expect(await read('F32', [2], bytesOf(Float32Array.of(1.5, -2)))).toEqual(f32([2], [1.5, -2]));
    expect(await read('I32', [2], bytesOf(Int32Array.of(-1, 2 ** 31 - 1)))).toEqual(
      hostTensor('i32', [2], [-1, 2 ** 31 - 1]),
    );
    expect(await read('U8', [2], [0, 255])).toEqual(hostTensor('i32', [2], [0, 255]));
    expect(await read('BOOL', [1, 2], [1, 0])).toEqual(hostTensor('bool', [1, 2], [1, 0]));
  });

  test('F16 becomes f32, subnormals and specials included', async () => {
    const halves = [0x3c00, 0xc000, 0x7bff, 0x0400, 0x03ff, 0x0001, 0x8000, 0x7c00, 0xfc00, 0x7e00];
    const values = [1, -2, 65504, 2 ** -14, 1023 * 2 ** -24, 2 ** -24, -0, Infinity, -Infinity, NaN];
    expect(await read('F16', [10], bytesOf(Uint16Array.from(halves)))).toEqual(f32([10], values));
  });

  test('every finite F16 becomes the value that its bits stand for', async () => {
    const all = Uint16Array.from({ length: 2 ** 16 }, (_, i) => i);
    const { data } = (await read('F16', [2 ** 16], bytesOf(all)))!;
    for (const half of all) {
      const [exponent, fraction] = [(half >> 10) & 31, (half & 1023) / 1024];
      if (exponent === 31) continue;
      const magnitude = exponent === 0 ? fraction * 2 ** -14 : (1 + fraction) * 2 ** (exponent - 15);
      if (!Object.is(data[half], half >> 15 ? -magnitude : magnitude))
        throw new Error(`${half}: ${data[half]}`);
    }
  });

  test('BF16 and F16 stay what they are where that is asked for, and are written so again', async () => {
    const tensors = {
      b: hostTensor('bf16', [3], [1, -2, 0.15625]),
      h: hostTensor('f16', [2], [0.5, 65504]),
      q: hostTensor('i8', [2], [-127, 3]),
      w: f32([1], [0.1]),
    };
    const bytes = await encode(tensors);
    const file = await openSafetensors(memorySource(bytes));
    expect([...file.entries.values()].map(({ dtype }) => dtype)).toEqual(['F32', 'BF16', 'F16', 'I8']);
    const { w, b, h } = tensors;
    expect(await readTensors(file, ['w', 'b', 'h'], { narrow: true })).toEqual({ w, b, h });
    expect(await readTensors(file, ['b', 'h'])).toEqual({
      b: f32([3], [1, -2, 0.15625]),
      h: f32([2], [0.5, 65504]),
    });
  });

  test('BF16 becomes f32', async () => {
    const brains = Uint16Array.of(0x3f80, 0xc000, 0x7f80, 0x8000, 0x3e20);
    expect(await read('BF16', [5], bytesOf(brains))).toEqual(f32([5], [1, -2, Infinity, -0, 0.15625]));
  });

  test('I64 becomes i32 where it fits', async () => {
    const fits = BigInt64Array.of(0n, -1n, 2n ** 31n - 1n, -(2n ** 31n));
    expect(await read('I64', [4], bytesOf(fits))).toEqual(
      hostTensor('i32', [4], [0, -1, 2 ** 31 - 1, -(2 ** 31)]),
    );
    await expect(read('I64', [1], bytesOf(BigInt64Array.of(2n ** 31n)))).rejects.toMatchObject({
      code: 'DTYPE_MISMATCH',
      message: expect.stringContaining('tensor "a": element 0 is 2147483648, which no i32 holds'),
    });
    await expect(read('I64', [1], bytesOf(BigInt64Array.of(-(2n ** 31n) - 1n)))).rejects.toThrow(
      /-2147483649/,
    );
  });

  test('a BOOL that is neither 0 nor 1 is damage', async () => {
    await expect(read('BOOL', [2], [1, 2])).rejects.toMatchObject({ code: 'FILE_CORRUPT' });
  });

  test('a dtype that is not read stands in the way of its own tensor only', async () => {
    const entry = (dtype: string, at: number) => ({ dtype, shape: [1], data_offsets: [at, at + 1] });
    const file = await openSafetensors(
      memorySource(rawFile({ a: entry('F8_E4M3', 0), b: entry('U8', 1) }, [5, 6])),
    );
    expect(Object.keys(file.specs)).toEqual(['b']);
    expect((await file.read('b')).data).toEqual(Int32Array.of(6));
    await expect(file.read('a')).rejects.toMatchObject({ code: 'DTYPE_MISMATCH' });
  });

  test('metadata', async () => {
    const file = await openSafetensors(memorySource(await encode({ a: f32([], [1]) }, { format: 'pt' })));
    expect(file.metadata).toEqual({ format: 'pt' });
  });

  test('a tensor is read when it is asked for, and nothing else is', async () => {
    const whole = memorySource(
      await encode({ a: f32([2], [1, 2]), b: f32([1000], new Array(1000).fill(0)) }),
    );
    let bytesRead = 0;
    const counting: ByteSource = {
      ...whole,
      read: (offset, length) => {
        bytesRead += length;
        return whole.read(offset, length);
      },
    };
    const file = await openSafetensors(counting);
    bytesRead = 0;
    await file.read('a');
    expect(bytesRead).toBe(8);
    await expect(file.read('A')).rejects.toMatchObject({ code: 'UNKNOWN_TENSOR' });
  });
});

describe('what is wrong with a file is said', () => {
  const entry = (changes: object) => ({ dtype: 'F32', shape: [1], data_offsets: [0, 4], ...changes });
  const four = [0, 0, 0, 0];
  const eight = [...four, ...four];
  const cases: [string, Uint8Array, RegExp][] = [
    ['no room for the length', Uint8Array.of(1, 2, 3), /it has 3 bytes/],
    [
      'a header longer than the file',
      rawFile({}, [], 100),
      /should have 100 bytes, but the file has only 10/,
    ],
    [
      'a header beyond all bounds',
      rawFile({}, [], 2n ** 64n - 1n),
      /18446744073709551615 bytes is longer than/,
    ],
    [
      'a header longer than that of any model',
      rawFile(`{${' '.repeat(2 ** 24 - 1)}}`),
      /a header of 16777217 bytes is longer than the 16777216 allowed/,
    ],
    [
      'more metadata than there is any use for',
      rawFile(`{"__metadata__":{${'"":"",'.repeat(2 ** 19)}"":""}}`),
      /the header has more than 1048576 strings/,
    ],
    ['an empty header', rawFile('', four), /does not begin with "\{"/],
    ['a header that is a list', rawFile([]), /does not begin with "\{"/],
    ['broken JSON', rawFile('{"a":'), /not valid JSON/],
    ['broken UTF-8', rawFile({}, [0xff], 3), /it is not UTF-8/],
    ['a doubled tensor', rawFile(`{"a":${JSON.stringify(entry({}))},"\\u0061":{}}`, four), /has "a" twice/],
    ['a doubled key', rawFile('{"a":{"dtype":"F32","dtype":"I32"}}', four), /has "dtype" twice/],
    [
      'metadata that are no strings',
      rawFile({ __metadata__: { a: 1 } }),
      /__metadata__ must map names to strings/,
    ],
    ['an entry that is no object', rawFile({ a: 5 }), /tensor "a": its entry must be an object/],
    ['an unknown dtype', rawFile({ a: entry({ dtype: 'F31' }) }, four), /"a": dtype "F31" is unknown/],
    ['a missing dtype', rawFile({ a: entry({ dtype: undefined }) }, four), /dtype missing is unknown/],
    [
      'a negative length',
      rawFile({ a: entry({ shape: [-1] }) }, four),
      /"a": shape must be a list of non-neg/,
    ],
    ['half a length', rawFile({ a: entry({ shape: [0.5] }) }, four), /shape must be a list/],
    [
      'a shape that is no list',
      rawFile({ a: entry({ shape: { length: 1 } }) }, four),
      /shape must be a list/,
    ],
    ['three offsets', rawFile({ a: entry({ data_offsets: [0, 4, 8] }) }, four), /must be two non-negative/],
    [
      'offsets back to front',
      rawFile({ a: entry({ data_offsets: [4, 0] }) }, four),
      /takes 4 bytes.*span -4/,
    ],
    [
      'a shape that needs more',
      rawFile({ a: entry({ shape: [2] }) }, four),
      /F32\[2\] takes 8 bytes.*span 4/,
    ],
    [
      'a shape beyond all bounds',
      rawFile({ a: entry({ shape: [2 ** 40, 2 ** 40] }) }, four),
      /no possible number/,
    ],
    ['half a byte', rawFile({ a: entry({ dtype: 'F4', data_offsets: [0, 1] }) }, [0]), /no possible number/],
    [
      'a tensor behind the end',
      rawFile({ a: entry({ shape: [2 ** 40], data_offsets: [0, 2 ** 42] }) }, four),
      /"a": it ends at byte 4398046511104, but only 4 bytes follow/,
    ],
    [
      'an overlap',
      rawFile({ a: entry({}), b: entry({ data_offsets: [2, 6] }) }, eight),
      /"b": its bytes overlap/,
    ],
    [
      'a hole',
      rawFile({ a: entry({}), b: entry({ data_offsets: [6, 10] }) }, [...eight, 0, 0]),
      /2 bytes before it/,
    ],
    ['bytes at the end', rawFile({ a: entry({}) }, eight), /4 bytes at its end belong to no tensor/],
  ];
  test.each(cases)('%s', async (_, bytes, message) => {
    await expect(openSafetensors(memorySource(bytes, 'x.safetensors'))).rejects.toMatchObject({
      code: 'FILE_CORRUPT',
      message: expect.stringMatching(message),
    });
    await expect(openSafetensors(memorySource(bytes, 'x.safetensors'))).rejects.toThrow('x.safetensors');
  });

  test('an empty file', async () => {
    await expect(openSafetensors(memorySource(new Uint8Array(0)))).rejects.toMatchObject({
      code: 'FILE_EMPTY',
    });
  });

  test('names that mean something to JavaScript are names like others', async () => {
    const header = `{"__proto__":${JSON.stringify(entry({}))},"constructor":${JSON.stringify(entry({ data_offsets: [4, 8] }))}}`;
    const tensors = await decodeSafetensors(rawFile(header, eight));
    expect(Object.keys(tensors).sort()).toEqual(['__proto__', 'constructor']);
    await expect(
      openSafetensors(memorySource(rawFile({}))).then((file) => file.read('toString')),
    ).rejects.toMatchObject({ code: 'UNKNOWN_TENSOR' });
  });
});
