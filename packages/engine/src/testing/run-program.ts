import { allocateHostData, interpret, NdArray, sizeOf, type Program } from '@attune/core';
import { compileTape } from '../compile/compile.js';
import type { EngineHost } from '../host/host.js';
import { rules } from '../rules/index.js';

/** Outputs of a program that has no state, computed by the engine. */
export async function runProgram(
  host: EngineHost,
  program: Program,
  feeds: Readonly<Record<string, NdArray>>,
): Promise<Record<string, NdArray>> {
  const compiled = compileTape(program, rules, host.kernels);
  const slots = [compiled.arenaBytes, compiled.constantBytes].map((bytes) => host.allocate(bytes));
  for (const { offset, tensor } of compiled.constants) host.write(slots[1]!, offset, tensor.data);
  const tape = await host.load(compiled.tape, slots.length);
  const outputs = Object.entries(compiled.outputs);
  const results = await host.run({
    tape,
    slots,
    writes: Object.entries(compiled.feeds).map(([name, { slot, offset }]) => ({
      slot,
      offset,
      data: feeds[name]!.data as Float32Array | Int32Array | Uint8Array,
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

/** The same by the interpreter, in float64. */
export const expectedOutputs = (program: Program, feeds: Readonly<Record<string, NdArray>>) =>
  interpret(program, { feeds }, 'f64').outputs;
