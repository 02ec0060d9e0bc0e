/** The value that a probe finds; `undefined` where it fails: what cannot be found out is not known. */
export async function attempt<T>(probe: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await probe();
  } catch {
    return undefined;
  }
}
