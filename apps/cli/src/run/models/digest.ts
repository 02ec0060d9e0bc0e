import { createHash } from 'node:crypto';
import type { HostTensors } from '@attune/core';

/** SHA-256 of tensors: their names, shapes and values. */
export function digestOf(tensors: HostTensors): string {
  const hash = createHash('sha256');
  for (const name of Object.keys(tensors).sort()) {
    const { shape, dtype, data } = tensors[name]!;
    hash.update(JSON.stringify([name, dtype, shape]));
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}
