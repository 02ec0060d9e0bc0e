/** Token files: a header of one of the known formats, or none, and the tokens. */
import { HEADER_BYTES, parseTokenHeader } from '@attune/data';

function file(magic, version, count, bytes) {
  const header = Buffer.alloc(HEADER_BYTES + bytes * count);
  [magic, version, count].forEach((value, i) => header.writeInt32LE(value, 4 * i));
  return header;
}

export const target = {
  form: 'bytes',
  seeds: [file(20240520, 1, 8, 2), file(20240801, 7, 8, 4), Buffer.alloc(64, 1)],
  read: (bytes) => parseTokenHeader(bytes, bytes.length, 'train.bin'),
};
