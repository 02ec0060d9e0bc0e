import type { HostTensors } from '@attune/core';
import { encodeSafetensors, type SafetensorsOptions } from '../../safetensors/index.js';
import { memoryTensors } from '../../tensor-reader.js';
import { writeFileAtomically } from '@attune/files/node';

/**
 * Writes a safetensors file whole or not at all.
 *
 * @throws AttuneError FILE_WRITE, INVALID_ARGUMENT.
 */
export async function writeSafetensors(
  path: string,
  tensors: HostTensors,
  options: SafetensorsOptions = {},
): Promise<void> {
  await writeFileAtomically(path, encodeSafetensors(memoryTensors(tensors), options));
}
