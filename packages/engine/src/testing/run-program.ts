import {
  allocateHostData,
  bytesOf,
  interpret,
  NdArray,
  sizeOf,
  type HostData,
  type NdArrays,
  type Program,
} from '@attune/core';
import { compileTape } from '../compile/compile.js';
import { FIRST_STATE } from '../compile/memory-layout.js';
import type { EngineHost } from '../host/host.js';
import { rules } from '../rules/index.js';

/** Outputs and updates of a program, computed by the engine. A tensor of the state that is not given is zeros. */
export async function runProgram(
  host: EngineHost,
  program: Program,
  feeds: NdArrays,
  state: NdArrays = {},
): Promise<Record<string, NdArray>> {
  const compiled = compileTape(program, rules, host.kernels);
  const slots = [compiled.arenaBytes, compiled.constantBytes].map((bytes) => host.allocate(bytes));
  for (const { offset, tensor } of compiled.constants) host.write(slots[1]!, offset, tensor.data);
  for (const name of compiled.state) {
    const block = host.allocate(bytesOf(program.state[name]!));
    if (state[name]) host.write(block, 0, hostDataOf(state[name]));
    slots.push(block);
  }
  const updates = compiled.state
    .map((name, index) => ({ name, slot: FIRST_STATE + index, spec: program.state[name]! }))
    .filter(({ name }) => name in program.updates)
    .map(({ name, slot, spec }) => [name, { slot, offset: 0, bytes: bytesOf(spec), spec }] as const);
  const tape = await host.load(compiled.tape, slots.length);
  const outputs = [...Object.entries(compiled.outputs), ...updates];
  const results = await host.run({
    tape,
    slots,
    writes: Object.entries(compiled.feeds).map(([name, { slot, offset }]) => ({
      slot,
      offset,
      data: hostDataOf(feeds[name]!),
    })),
    reads: outputs.map(([, { slot, offset, bytes }]) => ({ slot, offset, bytes })),
  });
  host.unload(tape);
  slots.forEach((block) => host.free(block));
  return Object.fromEntries(
    outputs.map(([name, { spec }], i) => {
      const data = allocateHostData(spec.dtype, sizeOf(spec.shape));
      new Uint8Array(data.buffer).set(new Uint8Array(results[i]!, 0, data.byteLength));
      return [name, new NdArray(spec.shape, spec.dtype, data)];
    }),
  );
}

const hostDataOf = ({ data }: NdArray) => data as HostData;

/** The same by the interpreter, in float64. */
export function expectedOutputs(program: Program, feeds: NdArrays, state: NdArrays = {}): NdArrays {
  const { outputs, updates } = interpret(program, { feeds, state }, 'f64');
  return { ...outputs, ...updates };
}
