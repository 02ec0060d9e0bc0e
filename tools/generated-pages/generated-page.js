import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Writes a page of the documentation that is made from the code; with `--check` it only compares, and the process fails
 * where the page is out of date.
 *
 * @param path of the page in the repository.
 * @param text Markdown, as yet unformatted.
 * @param maker the tool that makes the page, by its path in the repository.
 */
export async function writePage(path, text, maker) {
  const page = root + path;
  const formatted = await format(text, { ...(await resolveConfig(page)), parser: 'markdown' });
  if (!process.argv.includes('--check')) {
    writeFileSync(page, formatted);
  } else if (readFileSync(page, 'utf8') !== formatted) {
    console.error(`${path} is out of date: node ${maker}`);
    process.exitCode = 1;
  }
}
