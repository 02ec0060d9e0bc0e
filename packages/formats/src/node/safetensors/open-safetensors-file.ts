import type { HostTensors } from '@attune/core';
import { openSafetensors, type SafetensorsFile } from '../../safetensors/index.js';
import { readTensors } from '../../tensor-reader.js';
import { openFile } from '@attune/files/node';

/** A safetensors file on disk. Close it when everything needed was read. */
export interface OpenSafetensorsFile extends SafetensorsFile {
  close(): Promise<void>;
}

/**
 * Opens a safetensors file: its header is read and checked, its tensors are read when they are asked for.
 *
 * @throws AttuneError FILE_NOT_FOUND, FILE_EMPTY, FILE_CORRUPT.
 */
export async function openSafetensorsFile(path: string): Promise<OpenSafetensorsFile> {
  const source = await openFile(path);
  try {
    const file = await openSafetensors(source);
    return { ...file, close: () => source.close() };
  } catch (error) {
    await source.close();
    throw error;
  }
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
