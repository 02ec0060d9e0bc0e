import { AttuneError } from '../errors/index.js';
import { expectLengths } from '../tensor/checks.js';
import { checkTensorSize, formatSpec, sameSpec, type TensorSpec } from '../tensor/index.js';
import type { Attributes } from './attributes.js';
import { Tensor, type GraphInput, type GraphNode, type GraphOp } from './tensor.js';

/** Nodes that were written one after the other, by a part of a model: `[start, end)`, by their ids. */
export interface Segment {
  readonly start: number;
  readonly end: number;
}

/**
 * Nodes, in the order in which they were written. What ops there are is not known here: see {@link GraphBuilder}.
 *
 * Every op is pure, so the same op on the same inputs is the same tensor: common subexpressions never arise.
 */
export abstract class Graph {
  readonly nodes: GraphNode[] = [];
  private readonly known = new Map<string, GraphNode>();
  private readonly marked: Segment[] = [];
  protected readonly stateSpecs = new Map<string, TensorSpec>();
  protected readonly feedSpecs = new Map<string, TensorSpec>();

  constructor(readonly name: string) {}

  /** The shape rule of an op. */
  protected abstract infer(op: string, inputs: readonly Tensor[], attrs: Attributes): readonly TensorSpec[];

  /** A tensor the host sends with every run. */
  feed(name: string, spec: TensorSpec): Tensor {
    this.declare(this.feedSpecs, 'feed', name, spec);
    return this.input('feed', name, spec);
  }

  /** A tensor that lives on the device, as it is when the run begins. */
  state(name: string, spec: TensorSpec): Tensor {
    this.declare(this.stateSpecs, 'state', name, spec);
    return this.input('state', name, spec);
  }

  /** Parts of the graph that may be computed again in the backward pass: see {@link GraphBuilder.segment}. */
  get segments(): readonly Segment[] {
    return this.marked;
  }

  /**
   * Marks what `write` writes as a part of its own, a block of a model, say, that the backward pass may compute again rather
   * than keep. It changes nothing unless `gradients` is asked to.
   */
  segment<T>(write: () => T): T {
    const start = this.nodes.length;
    const result = write();
    if (this.nodes.length > start) this.marked.push({ start, end: this.nodes.length });
    return result;
  }

  protected declare(specs: Map<string, TensorSpec>, kind: string, name: string, spec: TensorSpec): void {
    const before = specs.get(name);
    if (before && !sameSpec(before, spec)) {
      throw new AttuneError(
        'SHAPE_MISMATCH',
        `${kind} "${name}" is ${formatSpec(before)}, but is now named as ${formatSpec(spec)}.`,
      );
    }
    specs.set(name, { shape: spec.shape, dtype: spec.dtype });
  }

  private input(kind: GraphInput['kind'], name: string, { shape, dtype }: TensorSpec): Tensor {
    const key = `${kind} ${name}`;
    const known = this.known.get(key);
    if (known) return known.outputs[0]!;
    expectLengths(kind, shape);
    const outputs: Tensor[] = [];
    const node: GraphInput = { kind, id: this.nodes.length, name, inputs: [], outputs };
    this.checkSize(kind, { shape, dtype });
    outputs.push(new Tensor(node, 0, shape, dtype));
    this.nodes.push(node);
    this.known.set(key, node);
    return outputs[0]!;
  }

  /**
   * Applies an op by name: the general form of every method below.
   *
   * @throws AttuneError SHAPE_MISMATCH, DTYPE_MISMATCH or INVALID_ARGUMENT, from the op's shape rule; OUT_OF_MEMORY if a
   * result would have more elements than any backend takes.
   */
  applyAll(op: string, inputs: readonly Tensor[], attrs: Attributes = {}): readonly Tensor[] {
    const key = `${op}(${inputs.map((input) => `${input.node.id}.${input.output}`).join()})${JSON.stringify(attrs)}`;
    const known = this.known.get(key);
    if (known) return known.outputs;
    for (const input of inputs) {
      if (this.nodes[input.node.id] !== input.node) {
        throw new AttuneError(
          'INVALID_ARGUMENT',
          `${op}: an input belongs to another graph than "${this.name}".`,
        );
      }
    }
    const outputs: Tensor[] = [];
    const node: GraphOp = { kind: 'op', id: this.nodes.length, op, inputs, attrs, outputs };
    this.infer(op, inputs, attrs).forEach((spec, i) => {
      this.checkSize(op, spec);
      outputs.push(new Tensor(node, i, spec.shape, spec.dtype));
    });
    this.nodes.push(node);
    this.known.set(key, node);
    return outputs;
  }

  protected apply(op: string, inputs: readonly Tensor[], attrs: Attributes = {}): Tensor {
    return this.applyAll(op, inputs, attrs)[0]!;
  }

  /** @throws AttuneError OUT_OF_MEMORY if a result would have more elements than any backend takes. */
  protected checkSize(op: string, spec: TensorSpec): void {
    checkTensorSize(`${this.name}: ${op}`, spec);
  }
}
