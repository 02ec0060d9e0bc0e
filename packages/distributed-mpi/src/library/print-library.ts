import { isAttuneError, withoutFix } from '@attune/core';
import { withoutKoffi } from './without-koffi.js';

function unavailable(error: unknown): unknown {
  if (!isAttuneError(error)) return { available: false, reason: String(error) };
  return { available: false, reason: withoutFix(error), fix: error.fix };
}

/** A program: prints, as the last line, which of the libraries it is given can be loaded, or why none can. */
async function probe(files: readonly string[]): Promise<unknown> {
  try {
    const { loadLibrary } = await import('./load-library.js').catch((error: unknown) => {
      throw withoutKoffi(error);
    });
    const { file, version } = loadLibrary(files);
    return { available: true, name: version.name, file };
  } catch (error) {
    return unavailable(error);
  }
}

process.stdout.write(`${JSON.stringify(await probe(JSON.parse(process.argv[2]!) as string[]))}\n`);
