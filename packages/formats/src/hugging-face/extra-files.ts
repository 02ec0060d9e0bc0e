import { AttuneError } from '@attune/core';
import { formatJson, type FileContent } from '@attune/files';

/**
 * Files that a folder has beside its own, ready to be written. JSON documents are objects; strings and bytes are written as
 * they are.
 *
 * @param taken names of the folder's own files.
 * @throws AttuneError INVALID_ARGUMENT if a name is no plain name, or taken.
 */
export function extraFiles(
  files: Readonly<Record<string, unknown>>,
  taken: readonly string[],
): [name: string, content: FileContent][] {
  return Object.entries(files).map(([name, content]) => {
    if (name === '' || /[/\\]/.test(name) || name.startsWith('.') || taken.includes(name)) {
      throw new AttuneError(
        'INVALID_ARGUMENT',
        `A model's folder cannot take a file named ${JSON.stringify(name)}.`,
      );
    }
    const raw = typeof content === 'string' || content instanceof Uint8Array;
    return [name, raw ? content : formatJson(content)];
  });
}
