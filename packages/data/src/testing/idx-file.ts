/** An IDX file of unsigned bytes. */
export function idxFile(shape: readonly number[], values: readonly number[]): Uint8Array {
  const header = new DataView(new ArrayBuffer(4 + 4 * shape.length));
  header.setUint8(2, 0x08);
  header.setUint8(3, shape.length);
  shape.forEach((length, axis) => header.setUint32(4 + 4 * axis, length, false));
  return new Uint8Array([...new Uint8Array(header.buffer), ...values]);
}
