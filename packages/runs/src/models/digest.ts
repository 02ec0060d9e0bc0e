import type { HostTensors } from '@attune/core';
import { hashPieces } from '@attune/files';
import { asFloat32 } from '@attune/nn';
import type { ModelHost } from './host.js';

function* piecesOf(tensors: HostTensors): Generator<Uint8Array> {
  for (const name of Object.keys(tensors).sort()) {
    // However it is held: the digest is that of the values.
    const { shape, dtype, data } = asFloat32(name, tensors[name]!);
    yield new TextEncoder().encode(JSON.stringify([name, dtype, shape]));
    yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
}

/** SHA-256 of tensors, hexadecimal: their names, shapes and values. */
export function digestOf(tensors: HostTensors, host: Pick<ModelHost, 'hashPieces'>): string {
  return (host.hashPieces ?? hashPieces)(piecesOf(tensors));
}
