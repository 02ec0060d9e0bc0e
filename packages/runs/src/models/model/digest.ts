import { loaded, type TensorSource } from '@attune/core';
import { hashPieces } from '@attune/files';
import { asFloat32 } from '@attune/nn';
import type { ModelHost } from './host.js';

async function* piecesOf(tensors: TensorSource): AsyncGenerator<Uint8Array> {
  for (const name of Object.keys(tensors).sort()) {
    // However it is held: the digest is that of the values.
    const { shape, dtype, data } = asFloat32(name, await loaded(tensors[name]!));
    yield new TextEncoder().encode(JSON.stringify([name, dtype, shape]));
    yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
}

/** SHA-256 of tensors, hexadecimal: their names, shapes and values. They are read one at a time. */
export function digestOf(tensors: TensorSource, host: Pick<ModelHost, 'hashPieces'>): Promise<string> {
  return (host.hashPieces ?? hashPieces)(piecesOf(tensors));
}
