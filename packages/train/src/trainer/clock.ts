/** Milliseconds from some fixed moment: as fine as the environment measures them. */
export function now(): number {
  const { performance } = globalThis as { performance?: { now(): number } };
  return performance ? performance.now() : Date.now();
}
