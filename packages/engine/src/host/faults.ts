import { AttuneError, type HostData } from '@attune/core';
import type { Block, SlotRead, SlotWrite, TapeRun } from './host.js';

/** See `Status` in `kernels/engine.h`. */
const STATUS_INDEX_OUT_OF_RANGE = 1;

/** Throws what the status of a run stands for. */
export function throwStatus(status: number): void {
  if (status === 0) return;
  if (status === STATUS_INDEX_OUT_OF_RANGE) {
    throw new AttuneError('TOKEN_OUT_OF_RANGE', 'An index is outside of the table that it points into.', {
      fix: 'Check that every token id is below the size of the vocabulary.',
    });
  }
  throw new AttuneError('BACKEND_FAILURE', `The engine ended a run with status ${status}.`);
}

export const corruptTape = (): AttuneError =>
  new AttuneError('INVALID_PROGRAM', 'The tape is not one that this engine can run.');

export const shortSlot = (): AttuneError =>
  new AttuneError('INVALID_ARGUMENT', 'The tape reaches beyond the end of a slot that it is to be run with.');

export const outOfMemory = (bytes: number, used: number): AttuneError =>
  new AttuneError('OUT_OF_MEMORY', `The engine has no memory for ${bytes} bytes beside the ${used} in use.`, {
    data: { bytes, used },
  });

export const disposed = (): AttuneError => new AttuneError('DISPOSED', 'The engine was disposed.');

/** Bytes of host data as they lie in memory. */
export const bytesOf = (data: HostData): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** @throws AttuneError INVALID_ARGUMENT if a stretch does not lie inside a block. */
export function checkRange(block: Block, offset: number, bytes: number): void {
  const inside = Number.isSafeInteger(offset) && Number.isSafeInteger(bytes) && offset >= 0 && bytes >= 0;
  if (inside && offset + bytes <= block.bytes) return;
  throw new AttuneError(
    'INVALID_ARGUMENT',
    `A stretch of ${bytes} bytes at ${offset} is outside of a block of ${block.bytes} bytes.`,
  );
}

/** @throws AttuneError INVALID_ARGUMENT if a run names slots that it has not, or stretches outside of them. */
export function checkRun({ tape, slots, writes, reads }: TapeRun): void {
  if (slots.length !== tape.slots) {
    throw new AttuneError('INVALID_ARGUMENT', `The tape has ${tape.slots} slots, the run ${slots.length}.`);
  }
  if (tape.needs?.some((bytes, slot) => slots[slot]!.bytes < bytes)) throw shortSlot();
  const check = ({ slot, offset }: SlotWrite | SlotRead, bytes: number) => {
    const block = slots[slot];
    if (!block) throw new AttuneError('INVALID_ARGUMENT', `The run has no slot ${slot}.`);
    checkRange(block, offset, bytes);
  };
  for (const write of writes) check(write, write.data.byteLength);
  for (const read of reads) check(read, read.bytes);
}
