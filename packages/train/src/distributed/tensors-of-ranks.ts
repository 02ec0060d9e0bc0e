import type { Communicator, HostTensors, SharedNumbers, State } from '@attune/core';

/**
 * Calls `work` with tensors of a State, whose numbers it may change: those of the State itself where it lies in the memory
 * of this process, and a copy that is written back otherwise. Nothing else may use the State in the meantime.
 */
export async function changeTensors(
  state: State,
  names: readonly string[],
  work: (tensors: HostTensors) => Promise<void>,
): Promise<void> {
  if (state.view) return work(await state.view(names));
  const copy = await state.read(names);
  await work(copy);
  await state.write(copy);
}

/** The numbers of f32 tensors, in the order of `names`. */
export function numbersOf(tensors: HostTensors, names: readonly string[]): SharedNumbers[] {
  return names.map((name) => tensors[name]!.data as Float32Array);
}

/** The bytes of an array, not copied. */
export function bytesOf(data: ArrayBufferView): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** Gives tensors of a State the values of rank 0, one by one: no more than one is held twice. */
export async function broadcastTensors(
  communicator: Communicator,
  state: State,
  names: readonly string[],
): Promise<void> {
  for (const name of names) {
    const send = async (tensors: HostTensors) => communicator.broadcast(bytesOf(tensors[name]!.data), 0);
    // Rank 0 has nothing to write back.
    if (communicator.rank === 0) await send(await (state.view?.([name]) ?? state.read([name])));
    else await changeTensors(state, [name], send);
  }
}
