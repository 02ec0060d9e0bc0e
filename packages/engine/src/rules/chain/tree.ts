import {
  broadcastStrides,
  isView,
  sizeOf,
  type DType,
  type OpNode,
  type Shape,
  type ValueId,
} from '@attune/core';
import type { RuleGraph } from '../../steps/graph.js';
import { f32Bits } from '../../steps/words.js';
import { chainOpOf, type ChainOp } from './ops.js';
import type { ChainRegion } from './region.js';
import { joined } from '../movement/layout.js';

/** A tensor as a chain reads it: element by element, one element throughout, or by (length, stride) of axes. */
export interface Load {
  readonly kind: 'load';
  readonly id: ValueId;
  readonly dtype: DType;
  readonly access: 'full' | 'scalar' | readonly (readonly [length: number, stride: number])[];
}

/** A number, as the bits of a lane. */
export interface Immediate {
  readonly kind: 'immediate';
  readonly bits: number;
}

export interface Apply {
  readonly kind: 'apply';
  readonly op: ChainOp;
  readonly operands: readonly Expression[];
}

/** A chain as an expression. What is used several times is one object. */
export type Expression = Load | Immediate | Apply;

function bitsOf(value: number, dtype: DType): number {
  if (dtype === 'f32') return f32Bits(value);
  return dtype === 'i32' ? value : value ? -1 : 0;
}

/** How a tensor is read where it is stretched to a shape. */
function accessOf(from: Shape, to: Shape): Load['access'] {
  const strides = broadcastStrides(from, to);
  const runs = joined(to.map((length, axis) => ({ length, stride: strides[axis]! })));
  if (runs.every(({ stride }) => stride === 0)) return sizeOf(to) === 1 ? 'full' : 'scalar';
  if (runs.length === 1 && runs[0]!.stride === 1) return 'full';
  return runs.map(({ length, stride }) => [length, stride]);
}

/** Builds expressions for values of a program. */
export class ChainTree {
  private readonly known = new Map<string, Expression>();

  /** @param region the nodes that become part of expressions; the values of others are read. */
  constructor(
    private readonly graph: RuleGraph,
    private readonly region: ChainRegion,
  ) {}

  private once<E extends Expression>(key: string, make: () => E): Expression {
    const known = this.known.get(key) ?? make();
    this.known.set(key, known);
    return known;
  }

  private load(id: ValueId, access: Load['access']): Expression {
    const base = this.graph.viewed(id);
    const key = `load ${base} ${JSON.stringify(access)}`;
    return this.once(key, () => ({ kind: 'load', id: base, dtype: this.graph.spec(id).dtype, access }));
  }

  /** A value, stretched to a shape. */
  value(id: ValueId, shape: Shape): Expression {
    const { graph } = this;
    const { dtype, shape: from } = graph.spec(id);
    const constant = graph.constant(id);
    if (constant !== undefined) {
      const bits = bitsOf(constant, dtype);
      return this.once(`immediate ${bits}`, () => ({ kind: 'immediate', bits }));
    }
    const node = graph.producer(id);
    if (node.kind === 'op' && node.op === 'broadcastTo') return this.value(node.inputs[0]!, shape);
    if (sizeOf(from) !== sizeOf(shape)) return this.load(id, accessOf(from, shape));
    if (node.kind === 'op') {
      if (isView(node)) return this.value(node.inputs[0]!, graph.spec(node.inputs[0]!).shape);
      if (this.region.has(node)) return this.node(node);
    }
    return this.load(id, 'full');
  }

  /** The result of an elementwise op. */
  node(node: OpNode): Expression {
    const [output] = node.outputs;
    const { shape } = this.graph.spec(output!);
    return this.once(`node ${output}`, () => {
      const op = chainOpOf(this.graph, node)!;
      const operands = node.inputs.map((id) => this.value(id, shape));
      return op === 'same' ? operands[0]! : { kind: 'apply', op, operands };
    });
  }
}
