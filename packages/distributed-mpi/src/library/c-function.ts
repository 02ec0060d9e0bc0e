import koffi from 'koffi';

/** A function of the process's C library, by its declaration in C; `undefined` where the library has none of that name. */
export function cFunction<F>(declaration: string): F | undefined {
  try {
    return koffi.load(null).func(declaration) as F;
  } catch {
    return undefined;
  }
}
