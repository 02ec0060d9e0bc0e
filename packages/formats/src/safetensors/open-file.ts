import type { OpenFile } from '@attune/files';
import { openSafetensors, type SafetensorsFile } from './reader.js';

/** An open safetensors file. Close it when everything needed was read. */
export interface OpenSafetensorsFile extends SafetensorsFile {
  close(): Promise<void>;
}

/**
 * Reads and checks the header of a safetensors file; its tensors are read when they are asked for.
 *
 * @param source closed with what is returned, and if the file is none.
 * @throws AttuneError FILE_EMPTY, FILE_CORRUPT.
 */
export async function openSafetensorsFile(source: OpenFile): Promise<OpenSafetensorsFile> {
  try {
    const file = await openSafetensors(source);
    return { ...file, close: () => source.close() };
  } catch (error) {
    await source.close();
    throw error;
  }
}
