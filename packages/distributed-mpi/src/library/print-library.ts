import { loadLibrary } from './load-library.js';

/** A program: prints, as the last line, which of the libraries it is given can be loaded, or why none can. */
function probe(files: readonly string[]): unknown {
  try {
    const { file, version } = loadLibrary(files);
    return { available: true, name: version.name, file };
  } catch (error) {
    return { available: false, reason: (error as Error).message };
  }
}

process.stdout.write(`${JSON.stringify(probe(JSON.parse(process.argv[2]!) as string[]))}\n`);
