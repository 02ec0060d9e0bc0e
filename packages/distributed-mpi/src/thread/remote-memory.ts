import koffi from 'koffi';
import type { Elements } from '../collectives/blocks.js';
import type { RemoteArray } from '../protocol/messages.js';

/** Arrays that are opened are kept: the same gradients are summed in every step. */
const MOST = 4096;

/** Opens memory of the other thread, which keeps it until the call is done. */
export class RemoteMemory {
  private readonly opened = new Map<string, Elements>();

  open({ address, length, elementBytes }: RemoteArray): Elements {
    if (length === 0) return open(new ArrayBuffer(0), elementBytes);
    const key = `${address} ${length} ${elementBytes}`;
    const known = this.opened.get(key);
    if (known) return known;
    if (this.opened.size >= MOST) this.opened.clear();
    const elements = open(koffi.view(address, length * elementBytes), elementBytes);
    this.opened.set(key, elements);
    return elements;
  }
}

function open(buffer: ArrayBuffer, elementBytes: RemoteArray['elementBytes']): Elements {
  if (elementBytes === 8) return new Float64Array(buffer);
  return elementBytes === 4 ? new Float32Array(buffer) : new Uint8Array(buffer);
}
