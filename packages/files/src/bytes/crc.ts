/**
 * A function for the 32-bit cyclic redundancy check of bytes, reflected, with all bits set before and turned after: CRC-32 of
 * ISO 3309 for the polynomial 0xedb88320, CRC-32C for 0x82f63b78.
 *
 * @param polynomial with its bits in reversed order.
 */
export function crcOf(polynomial: number): (bytes: Uint8Array) => number {
  let table: Uint32Array | undefined;
  return (bytes) => {
    table ??= remainders(polynomial);
    let crc = 0xffffffff;
    for (const byte of bytes) crc = table[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
    return ~crc >>> 0;
  };
}

function remainders(polynomial: number): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    return crc;
  });
}
