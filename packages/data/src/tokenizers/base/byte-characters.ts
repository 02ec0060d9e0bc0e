/**
 * The printable character that stands for each byte in byte-level vocabularies: itself, or one from U+0100 on.
 *
 * Source: Radford et al. 2019, `encoder.py`.
 */
export const byteCharacters: readonly string[] = (() => {
  const printable = (byte: number) =>
    (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad && byte <= 0xff);
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++));
})();
