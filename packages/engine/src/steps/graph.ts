import {
  resultsOf,
  sizeOf,
  viewedValues,
  type OpName,
  type OpNode,
  type Program,
  type ProgramNode,
  type TensorSpec,
  type ValueId,
} from '@attune/core';
import type { Step } from './step.js';

/** A program, as rules look at it: from values to the nodes that compute and read them. */
export class RuleGraph {
  private readonly producers: ProgramNode[] = [];
  private readonly positions = new Map<ProgramNode, number>();
  private readonly reading: OpNode[][];
  private readonly resultCounts: number[];
  private readonly bases: readonly ValueId[];
  private readonly sharedSteps = new Map<OpNode, Step | undefined>();

  constructor(readonly program: Program) {
    this.reading = program.values.map(() => []);
    this.resultCounts = program.values.map(() => 0);
    program.nodes.forEach((node, index) => {
      this.positions.set(node, index);
      for (const id of node.outputs) this.producers[id] = node;
      if (node.kind === 'op') for (const id of new Set(node.inputs)) this.reading[id]!.push(node);
    });
    for (const id of resultsOf(program)) this.resultCounts[id]!++;
    this.bases = viewedValues(program);
  }

  /** Shape and dtype of a value. */
  spec(id: ValueId): TensorSpec {
    return this.program.values[id]!;
  }

  /** The node that computes a value, or the input that it is. */
  producer(id: ValueId): ProgramNode {
    return this.producers[id]!;
  }

  /** The node that computes a value, if it applies one of these ops. */
  producedBy(id: ValueId, ...ops: readonly OpName[]): OpNode | undefined {
    const node = this.producers[id]!;
    return node.kind === 'op' && ops.includes(node.op) ? node : undefined;
  }

  /** How many nodes read a value; each result of the program counts as one more. */
  readers(id: ValueId): number {
    return this.reading[id]!.length + this.resultCounts[id]!;
  }

  /** The nodes that read a value, in order. */
  readingNodes(id: ValueId): readonly OpNode[] {
    return this.reading[id]!;
  }

  /** The node that alone reads a value, if there is one and the value is no result of the program. */
  soleReader(id: ValueId): OpNode | undefined {
    return this.readers(id) === 1 ? this.reading[id]![0] : undefined;
  }

  /** True for a result of the program: an output or an update. */
  isResult(id: ValueId): boolean {
    return this.resultCounts[id]! > 0;
  }

  /** Place of a node in the program. */
  position(node: ProgramNode): number {
    return this.positions.get(node)!;
  }

  /** The value whose memory this is: itself, or what it views, through reshapes. */
  viewed(id: ValueId): ValueId {
    return this.bases[id]!;
  }

  /** The step of a node that rules of several ops find, from whatever becomes of its results: it is built when first asked for. */
  sharedStep(node: OpNode, build: () => Step | undefined): Step | undefined {
    if (!this.sharedSteps.has(node)) this.sharedSteps.set(node, build());
    return this.sharedSteps.get(node);
  }

  /** The number that all elements of a value are, if it is a constant or repeats one. */
  constant(id: ValueId): number | undefined {
    const node = this.producers[id]!;
    if (node.kind !== 'op') return undefined;
    if (node.op === 'constant') return Number(node.attrs['value']);
    const repeats = node.op === 'broadcastTo' || node.op === 'reshape' || node.op === 'stopGradient';
    return repeats && sizeOf(this.spec(id).shape) > 0 ? this.constant(node.inputs[0]!) : undefined;
  }
}
