import { crcOf } from '../bytes/crc.js';

/** The checksum of a file in a zip archive: CRC-32 of ISO 3309. */
export const crc32 = crcOf(0xedb88320);
