import { crcOf } from '@attune/files';

/** CRC-32C (Castagnoli) of bytes: RFC 3720, appendix B.4. */
export const crc32c = crcOf(0x82f63b78);

/** A checksum as TFRecord files have it: turned and shifted, since that of bytes with their own checksum says little. */
function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/**
 * Frames a record of a TFRecord file: `length u64, crc of the length u32, data, crc of the data u32`, little-endian.
 * https://www.tensorflow.org/tutorials/load_data/tfrecord
 */
export function frameRecord(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(data.byteLength + 16);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.byteLength), true);
  view.setUint32(8, maskedCrc(record.subarray(0, 8)), true);
  record.set(data, 12);
  view.setUint32(12 + data.byteLength, maskedCrc(data), true);
  return record;
}
