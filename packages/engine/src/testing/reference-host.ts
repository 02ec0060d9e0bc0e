import {
  allocator,
  AttuneError,
  elementwiseOps,
  hostArrayTypes,
  NdArray,
  opDefinition,
  opNames,
  sameShape,
  sizeOf,
  type HostData,
  type OpName,
  type OpNode,
  type TensorSpec,
} from '@attune/core';
import { opsWithoutRule } from '../rules/index.js';
import type { Rule } from '../steps/rule.js';
import type { Block, EngineHost, LoadedTape, TapeRun } from '../host/host.js';
import { GUARD, TAPE_VERSION } from '../host/tape.js';

interface ReferenceBlock extends Block {
  readonly memory: ArrayBuffer;
}

interface ReferenceTape extends LoadedTape {
  readonly words: Int32Array;
}

/** An application of an op, with the specs of its operands: what the one kernel `reference` is called with, by number. */
interface Application {
  readonly node: OpNode;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}

/**
 * A host that computes each node by the definition of its op, and rules that call it so. What goes wrong on it is the fault
 * of the compiler: steps, places, barriers or updates.
 */
export function referenceHost(): {
  readonly host: EngineHost<ReferenceBlock, ReferenceTape>;
  readonly rules: ReadonlyMap<OpName, readonly Rule[]>;
} {
  const applications: Application[] = [];
  const blocks = new Set<ReferenceBlock>();
  const kernels = [
    { name: 'reference', words: 1 },
    { name: 'copy', words: 5 },
    { name: 'move', words: 26 },
  ];

  const ruleFor = (op: OpName): Rule => ({
    op,
    match: (graph, node) => ({
      inputs: node.inputs,
      outputs: node.outputs,
      mayOverwrite: (input, output) =>
        elementwiseOps.has(op) &&
        sameShape(graph.spec(node.inputs[input]!).shape, graph.spec(node.outputs[output]!).shape) &&
        graph.spec(node.inputs[input]!).dtype === graph.spec(node.outputs[output]!).dtype,
      emit: (tape) => {
        const number = applications.push({
          node,
          inputs: node.inputs.map((id) => graph.spec(id)),
          outputs: node.outputs.map((id) => graph.spec(id)),
        });
        tape.call('reference', [
          number - 1,
          ...[...node.inputs, ...node.outputs].flatMap((id) => tape.ref(id)),
        ]);
      },
    }),
  });

  /** A tensor that lies in a block. */
  const arrayAt = (
    slots: readonly ReferenceBlock[],
    slot: number,
    offset: number,
    spec: TensorSpec,
  ): NdArray => {
    const Data = hostArrayTypes[spec.dtype];
    return new NdArray(spec.shape, spec.dtype, new Data(slots[slot]!.memory, offset * 4, sizeOf(spec.shape)));
  };

  const compute = (slots: readonly ReferenceBlock[], words: Int32Array) => {
    const { node, inputs, outputs } = applications[words[0]!]!;
    const refs = (i: number) => [words[1 + 2 * i]!, words[2 + 2 * i]!] as const;
    const arrays = inputs.map((spec, i) => arrayAt(slots, ...refs(i), spec));
    const results = opDefinition(node.op).reference(arrays, node.attrs, allocator('f32'));
    outputs.forEach((spec, i) => arrayAt(slots, ...refs(inputs.length + i), spec).data.set(results[i]!.data));
  };

  const copy = (slots: readonly ReferenceBlock[], words: Int32Array, bytes: number) => {
    const [from, fromOffset, to, toOffset] = words as unknown as [number, number, number, number];
    const source = new Uint8Array(slots[from]!.memory, fromOffset * 4, bytes);
    new Uint8Array(slots[to]!.memory, toOffset * 4, bytes).set(source);
  };

  const execute = ({
    tape: { words },
    slots,
  }: TapeRun & { tape: ReferenceTape; slots: readonly ReferenceBlock[] }) => {
    let position = 2;
    for (let i = 0; i < words[1]!; i++) {
      const [kernel, , length] = words.subarray(position, position + 3) as unknown as [
        number,
        number,
        number,
      ];
      const args = words.subarray(position + 3, position + 3 + length);
      position += 3 + length;
      if (kernel === GUARD) {
        if (new Uint8Array(slots[args[0]!]!.memory)[args[1]! * 4] === 0) return;
      } else if (kernel === 0) compute(slots, args);
      else if (kernel === 1) copy(slots, args, args[4]! * 4);
      // The compiler itself moves nothing but lines of bytes.
      else copy(slots, args, args[13]!);
    }
  };

  const bytesAt = (block: ReferenceBlock, offset: number, bytes: number) =>
    new Uint8Array(block.memory, offset, bytes);
  const write = (block: ReferenceBlock, offset: number, data: HostData) =>
    bytesAt(block, offset, data.byteLength).set(
      new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    );

  const host: EngineHost<ReferenceBlock, ReferenceTape> = {
    info: { version: 'reference', isa: 'reference', threads: 1, limits: [] },
    kernels,
    memoryBytes: 2 ** 32,
    allocate: (bytes) => {
      const block = { bytes, memory: new ArrayBuffer(Math.ceil(bytes / 64) * 64) };
      blocks.add(block);
      return block;
    },
    free: (block) => void blocks.delete(block),
    write,
    read: async (block, offset, bytes) => block.memory.slice(offset, offset + bytes),
    settle: async () => undefined,
    load: async (tape, slots) => {
      if (tape[0] !== TAPE_VERSION) throw new AttuneError('INVALID_PROGRAM', 'This is not a tape.');
      return { words: tape, slots };
    },
    unload: () => undefined,
    run: async (run) => {
      const slots = run.slots as readonly ReferenceBlock[];
      for (const { slot, offset, data } of run.writes) write(slots[slot]!, offset, data);
      execute({ ...run, tape: run.tape as ReferenceTape, slots });
      return run.reads.map(({ slot, offset, bytes }) => slots[slot]!.memory.slice(offset, offset + bytes));
    },
    memory: () => ({ bytes: [...blocks].reduce((sum, { bytes }) => sum + bytes, 0), buffers: blocks.size }),
    profile: async () => [],
    dispose: async () => blocks.clear(),
  };
  const withRules = opNames.filter((op) => !opsWithoutRule.includes(op));
  return { host, rules: new Map(withRules.map((op) => [op, [ruleFor(op)]])) };
}
