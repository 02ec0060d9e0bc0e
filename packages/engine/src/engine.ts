import {
  AttuneError,
  bytesOf,
  checkDeviceMemory,
  hostArrayTypes,
  plural,
  sizeOf,
  type CompiledProgram,
  type Engine,
  type HostTensor,
  type Program,
  type TensorSpec,
} from '@attune/core';
import { Arena } from './arena.js';
import { compileTape, type CompiledTape, type PlacedTensor } from './compile/compile.js';
import { FIRST_STATE } from './compile/memory-layout.js';
import type { Block, EngineHost, EngineInfo, SlotWrite } from './host/host.js';
import { opsWithoutRule, rules as allRules } from './rules/index.js';
import type { RuleSet } from './steps/rule.js';

/** A tensor in the memory of the engine, or an output, which came to the host when the run was over. */
export type EngineTensor =
  { readonly block: Block; readonly spec: TensorSpec } | { readonly host: HostTensor };

/** Options of {@link engineOn}. */
export interface EngineOptions {
  /** Name of the backend. */
  readonly name: string;
  /** The device, for people. */
  readonly description: string;
  /**
   * Rules that programs are compiled by. Default: all there are.
   *
   * @internal
   */
  readonly rules?: RuleSet;
}

/** The engine, for people, with a name for its instruction set: `attune 1, AVX-512, 2 threads`. */
export function describeEngine({ version, threads, limits }: EngineInfo, isa: string): string {
  const why = limits.length > 0 ? ` (${limits.join('; ')})` : '';
  return `attune ${version}, ${isa}, ${plural(threads, 'thread')}${why}`;
}

/** A tensor in the bytes that were read for it: a checkpoint reads all of them at once, and holds each one time. */
function tensorFrom({ shape, dtype }: TensorSpec, bytes: ArrayBufferLike, offset = 0): HostTensor {
  // Shared memory suits as well, but not a call of a union of classes.
  const data = new hostArrayTypes[dtype](bytes as ArrayBuffer, offset, sizeOf(shape));
  return { shape, dtype, data } as HostTensor;
}

/** Where a tensor is read after a run. */
const readOf = ({ slot, offset, bytes }: PlacedTensor) => ({ slot, offset, bytes });

/** Loads a tape, and makes it a program that runs on blocks of the state. */
async function loadProgram(
  host: EngineHost,
  arena: Arena,
  program: Program,
  compiled: CompiledTape,
): Promise<CompiledProgram<EngineTensor>> {
  const slots = FIRST_STATE + compiled.state.length;
  const constants = host.allocate(compiled.constantBytes);
  const reservation = arena.reserve(compiled.arenaBytes);
  const release = () => {
    reservation.release();
    host.free(constants);
  };
  try {
    await host.settle();
    for (const { offset, tensor } of compiled.constants) host.write(constants, offset, tensor.data);
    const tape = await host.load(compiled.tape, slots);
    const outputs = Object.entries(compiled.outputs);
    const reads = outputs.map(([, place]) => readOf(place));
    const guard = outputs.findIndex(([name]) => name === program.guard);
    return {
      commits: true,
      run: async (state, feeds, commit) => {
        const blocks = compiled.state.map((name) => blockOf(state.get(name)!));
        const writes: SlotWrite[] = Object.entries(compiled.feeds).map(([name, { slot, offset }]) => ({
          slot,
          offset,
          data: feeds[name]!.data,
        }));
        const results = await host.run({
          tape,
          slots: [reservation.block, constants, ...blocks],
          writes,
          reads,
        });
        const tensors = outputs.map(
          ([name, { spec }], i) => [name, { host: tensorFrom(spec, results[i]!) }] as const,
        );
        const holds = guard < 0 || tensors[guard]![1].host.data[0] !== 0;
        // The memory of each tensor holds its new value already.
        if (holds) for (const name of Object.keys(program.updates)) commit(name, state.get(name)!);
        return { outputs: new Map(tensors), updates: new Map() };
      },
      dispose: () => {
        host.unload(tape);
        release();
      },
    };
  } catch (error) {
    release();
    throw error;
  }
}

function blockOf(tensor: EngineTensor): Block {
  if ('block' in tensor) return tensor.block;
  throw new AttuneError('BACKEND_FAILURE', 'An output of a run was taken for a tensor of the state.');
}

/**
 * attune's own engine on a host: plans each program ahead of time, and runs it as one tape of kernel calls.
 *
 * Runs of several States are serial, and share one arena, as long as the longest of their programs asks for.
 */
export function engineOn(
  host: EngineHost,
  { name, description, rules = allRules }: EngineOptions,
): Engine<EngineTensor> {
  const { info, memoryBytes } = host;
  const engine = { name: 'attune', version: info.version, isa: info.isa };
  const device = { kind: 'cpu', description, memoryBytes, engine } as const;
  const arena = new Arena(host);
  let disposed = false;
  const blockFor = (spec: TensorSpec): { block: Block; spec: TensorSpec } => ({
    block: host.allocate(bytesOf(spec)),
    spec,
  });
  return {
    name,
    device,
    capabilities: {
      dtypes: ['f32', 'i32', 'bool', 'bf16', 'f16', 'i8'],
      unsupported: {},
      native: [...opsWithoutRule, ...rules.keys()],
      precision: 'f32',
      deterministic: true,
    },
    upload: ({ shape, dtype, data }) => {
      const tensor = blockFor({ shape, dtype });
      host.write(tensor.block, 0, data);
      return tensor;
    },
    zeros: blockFor,
    settle: () => host.settle(),
    download: async (tensor) => {
      if ('host' in tensor) return tensor.host;
      const { block, spec } = tensor;
      return tensorFrom(spec, await host.read(block, 0, bytesOf(spec)));
    },
    ...(host.view && {
      view: async (tensor: EngineTensor) => {
        const { buffer, byteOffset } = await host.view!(blockOf(tensor));
        return tensorFrom('block' in tensor ? tensor.spec : tensor.host, buffer, byteOffset);
      },
    }),
    free: (tensor) => {
      if ('block' in tensor) host.free(tensor.block);
    },
    build: (program) => {
      const compiled = compileTape(program, rules, host.kernels);
      const needed = Math.max(0, compiled.arenaBytes - arena.bytes) + compiled.constantBytes;
      const fixed = () => Math.min(needed, compiled.fixedBytes());
      checkDeviceMemory(program, { needed, fixed }, host.memory().bytes, device.memoryBytes);
      return loadProgram(host, arena, program, compiled);
    },
    programMemory: (program) => {
      const { arenaBytes, constantBytes } = compileTape(program, rules, host.kernels);
      return { shared: arenaBytes, own: constantBytes };
    },
    memory: () => (disposed ? { bytes: 0, buffers: 0 } : host.memory()),
    dispose: () => {
      disposed = true;
      return host.dispose();
    },
  };
}
