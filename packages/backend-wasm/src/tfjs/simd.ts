/** A module with one function that makes a vector: `(func (drop (i8x16.popcnt (i8x16.splat (i32.const 0)))))`. */
const simdModule = Uint8Array.of(
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // magic, version
  ...[1, 4, 1, 0x60, 0, 0], // one type: no parameters, no results
  ...[3, 2, 1, 0], // one function of it
  ...[10, 11, 1, 9, 0, 0x41, 0, 0xfd, 15, 0xfd, 0x62, 0x1a, 0x0b], // its body
);

/** True if there is WebAssembly. */
export function hasWebAssembly(): boolean {
  return typeof WebAssembly === 'object' && typeof WebAssembly.validate === 'function';
}

/** True if WebAssembly has 128-bit vectors here. tfjs picks its module by the same test. */
export function hasSimd(): boolean {
  return hasWebAssembly() && WebAssembly.validate(simdModule);
}
