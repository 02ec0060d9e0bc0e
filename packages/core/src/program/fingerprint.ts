import type { Program } from './program.js';

/** JSON with the keys of every object in order, so that equal data is equal text. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, entry: unknown) =>
    entry !== null && typeof entry === 'object' && !Array.isArray(entry)
      ? Object.fromEntries(Object.entries(entry).sort(([a], [b]) => (a < b ? -1 : 1)))
      : entry,
  );
}

/** A 64-bit hash of a text, as 16 hexadecimal digits: two 32-bit multiplicative hashes, mixed (after MurmurHash3). */
export function hashText(text: string): string {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x9e3779b1);
    b = Math.imul(b ^ unit, 0x5f356495);
  }
  const mix = (x: number) => {
    const once = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35);
    return (twice ^ (twice >>> 16)) >>> 0;
  };
  const hex = (x: number) => x.toString(16).padStart(8, '0');
  return hex(mix(a ^ (b >>> 3))) + hex(mix(b ^ (a << 5)));
}

/**
 * A hash of a program: two programs with the same fingerprint compute the same, whatever they are called. Stable
 * across processes and machines; a key for caches, not a safeguard against forgery.
 */
export function fingerprint(program: Program): string {
  const { name: _name, ...structure } = program;
  return hashText(canonicalJson(structure));
}
