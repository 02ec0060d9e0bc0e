import { readFile } from 'node:fs/promises';
import { fileVersion, scalarEvent, sessionStart, textEvent } from './event.js';
import { crc32c, frameRecord } from './record.js';

/** The same events as TensorBoard's own messages write them: `tools/reference/tensorboard_events.py`. */
const expected = JSON.parse(
  await readFile(new URL('testing/events.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, string>>;

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

test('the checksum is that of RFC 3720', () => {
  expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
});

test('a record is framed by its length and checksums', () => {
  const record = frameRecord(new Uint8Array([1, 2, 3]));
  expect([...record.subarray(0, 8)]).toEqual([3, 0, 0, 0, 0, 0, 0, 0]);
  expect([...record.subarray(12, 15)]).toEqual([1, 2, 3]);
  expect(record).toHaveLength(19);
});

test('events have the bytes of TensorBoard’s', () => {
  const scalars = [
    { tag: 'train/loss', value: 2.3 },
    { tag: 'eval/loss', value: NaN },
    { tag: 'zero', value: 0 },
  ];
  expect({
    fileVersion: base64(fileVersion(1.5)),
    sessionStart: base64(sessionStart(1.5)),
    scalars: base64(scalarEvent({ step: 300, wallTime: 1732856042.25 }, scalars)),
    text: base64(textEvent({ step: 2 ** 40, wallTime: 2 }, 'sample', 'größe\n<b>bold</b>')),
  }).toEqual(expected);
});
