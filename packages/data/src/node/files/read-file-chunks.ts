import { open, stat } from 'node:fs/promises';
import { AttuneError, fileReadError } from '@attune/core';

export const CHECK_PATH = 'Check the path.';

/** To open a pipe in a folder is to wait for somebody to write to it. Those that a shell made are under `/dev/fd`. */
async function refuseNamedPipe(path: string): Promise<void> {
  const isPipe = (await stat(path)).isFIFO() && !/^\/(dev|proc)\//.test(path);
  if (isPipe) throw new AttuneError('FILE_READ', `${path} is a pipe, not a file.`, { fix: CHECK_PATH });
}

/**
 * The bytes of a file. Each chunk is valid until the next is asked for.
 *
 * @param onRead called with the number of bytes that were read so far.
 * @throws AttuneError FILE_NOT_FOUND, FILE_READ.
 */
export async function* readFileChunks(
  path: string,
  chunkBytes: number,
  onRead?: (bytes: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const cannotRead = (error: unknown) => {
    throw fileReadError(path, error, CHECK_PATH);
  };
  await refuseNamedPipe(path).catch(cannotRead);
  const file = await open(path, 'r').catch(cannotRead);
  try {
    const buffer = new Uint8Array(chunkBytes);
    let total = 0;
    while (true) {
      const { bytesRead } = await file.read(buffer, 0, chunkBytes).catch(cannotRead);
      if (bytesRead === 0) return;
      total += bytesRead;
      onRead?.(total);
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
