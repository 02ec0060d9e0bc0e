import type { HostTensors } from '@attune/core';
import { openFile, writeFileAtomically } from '@attune/files/node';
import * as safetensors from '../safetensors/index.js';
import { memoryTensors, readTensors } from '../safetensors/tensor-reader.js';

/**
 * Opens a safetensors file on disk: its header is read and checked, its tensors are read when they are asked for.
 *
 * @throws AttuneError FILE_NOT_FOUND, FILE_EMPTY, FILE_CORRUPT.
 */
export async function openSafetensorsFile(path: string): Promise<safetensors.OpenSafetensorsFile> {
  return safetensors.openSafetensorsFile(await openFile(path));
}

/**
 * Reads all tensors of a safetensors file.
 *
 * @throws AttuneError FILE_NOT_FOUND, FILE_EMPTY, FILE_CORRUPT, DTYPE_MISMATCH.
 */
export async function readSafetensors(path: string): Promise<HostTensors> {
  const file = await openSafetensorsFile(path);
  try {
    return await readTensors(file, file.entries.keys());
  } finally {
    await file.close();
  }
}

/**
 * Writes a safetensors file whole or not at all.
 *
 * @throws AttuneError FILE_WRITE, INVALID_ARGUMENT.
 */
export async function writeSafetensors(
  path: string,
  tensors: HostTensors,
  options: safetensors.SafetensorsOptions = {},
): Promise<void> {
  await writeFileAtomically(path, safetensors.encodeSafetensors(memoryTensors(tensors), options));
}
