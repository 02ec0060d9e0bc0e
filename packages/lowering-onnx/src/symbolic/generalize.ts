import { AttuneError, sameShape, type Shape } from '@attune/core';
import type { Dimension, Initializer, OnnxGraph, OnnxNode, Port } from '../writer/graph.js';
import { dependence, type Product, type Sizes } from './lengths.js';
import { ShapeTensors } from './shape-tensors.js';

/** One graph as it came out for one choice of lengths. */
export interface Probe {
  readonly graph: OnnxGraph;
  readonly sizes: Sizes;
}

/**
 * The graph of any lengths, from graphs of the same program for some. They must have the same nodes; what may differ is
 * lengths, each of which must be a product of those that vary. A length that is read off a tensor is left to the operator
 * (0 and −1 in the shape of `Reshape`); others are computed from the inputs.
 *
 * @throws AttuneError UNSUPPORTED_OP that names the node that differs otherwise.
 */
export function generalize(probes: readonly Probe[]): OnnxGraph {
  return new Generalization(probes).run();
}

class Generalization {
  private readonly first: OnnxGraph;
  private readonly graphs: readonly OnnxGraph[];
  private readonly sizes: readonly Sizes[];
  /** The ids of the first graph, by those of each. */
  private readonly ids: readonly Map<number, number>[];
  private readonly shapes: readonly Map<number, Shape>[];
  private readonly kept = new Map<number, Initializer>();

  constructor(probes: readonly Probe[]) {
    this.graphs = probes.map(({ graph }) => graph);
    this.sizes = probes.map(({ sizes }) => sizes);
    this.first = this.graphs[0]!;
    this.ids = probes.map(() => new Map());
    this.shapes = this.graphs.map(shapesOf);
  }

  run(): OnnxGraph {
    const { first, graphs } = this;
    const inputs = this.ports('inputs');
    const tensors = new ShapeTensors(first, places(inputs));
    const count = first.nodes.length;
    if (graphs.some(({ nodes }) => nodes.length !== count))
      this.refuse('The graph', 'has more nodes or fewer');
    const nodes = first.nodes.map((_, i) =>
      this.node(
        graphs.map((graph) => graph.nodes[i]!),
        tensors,
      ),
    );
    const outputs = this.ports('outputs');
    return {
      ...first,
      nodes: [...tensors.nodes, ...nodes],
      initializers: new Map([...this.kept, ...tensors.initializers]),
      inputs,
      outputs,
    };
  }

  private refuse(what: string, how: string): never {
    throw new AttuneError(
      'UNSUPPORTED_OP',
      `ONNX: ${what} ${how} from one length to another, so that it cannot be written for all.`,
      { fix: 'Write the program so that lengths are only in shapes, as products of those that vary.' },
    );
  }

  /** Inputs or outputs, with the names of their lengths. */
  private ports(side: 'inputs' | 'outputs'): Port[] {
    const { first, graphs } = this;
    if (graphs.some((graph) => graph[side].length !== first[side].length)) {
      this.refuse('The graph', `has more ${side} or fewer`);
    }
    return first[side].map((port, i) => {
      const all = graphs.map((graph) => graph[side][i]!);
      const what = `"${port.name}"`;
      if (all.some((one) => one.name !== port.name || one.elementType !== port.elementType)) {
        this.refuse(what, 'changes its name or dtype');
      }
      this.match(
        what,
        all.map(({ id }) => id),
        side === 'inputs',
      );
      const shape = port.shape.map((_, axis): Dimension => {
        const seen = dependence(
          all.map((one) => one.shape[axis] as number),
          this.sizes,
        );
        if (seen === undefined) this.refuse(what, `changes its axis ${axis}`);
        return typeof seen === 'number' ? seen : nameOfProduct(seen);
      });
      return { ...port, shape };
    });
  }

  /** Notes that ids of each graph are one value, or checks that they are. */
  private match(what: string, ids: readonly number[], isNew: boolean): void {
    const [own] = ids as [number];
    ids.forEach((id, i) => {
      if (isNew) this.ids[i]!.set(id, own);
      else if (this.ids[i]!.get(id) !== own) this.refuse(what, 'reads something else');
    });
  }

  private node(all: readonly OnnxNode[], tensors: ShapeTensors): OnnxNode {
    const [node] = all as [OnnxNode];
    const what = `${node.op}.${node.outputs[0]!.id}`;
    const form = ({ op, domain, inputs, outputs, attributes }: OnnxNode) =>
      JSON.stringify([op, domain, inputs.length, outputs.map(({ dtype }) => dtype), attributes]);
    if (all.some((one) => form(one) !== form(node))) this.refuse(what, 'changes');
    const inputs = node.inputs.map((_, i) =>
      this.input(
        what,
        all.map((one) => one.inputs[i]),
        all,
        i,
        tensors,
      ),
    );
    node.outputs.forEach((_, i) =>
      this.match(
        what,
        all.map(({ outputs }) => outputs[i]!.id),
        true,
      ),
    );
    return { ...node, inputs };
  }

  private input(
    what: string,
    ids: readonly (number | undefined)[],
    nodes: readonly OnnxNode[],
    position: number,
    tensors: ShapeTensors,
  ): number | undefined {
    if (ids.every((id) => id === undefined)) return undefined;
    if (ids.includes(undefined)) this.refuse(what, 'reads more or less');
    const known = ids as number[];
    const found = known.map((id, i) => this.graphs[i]!.initializers.get(id));
    if (found.every((one) => one === undefined)) {
      this.match(what, known, false);
      return known[0]!;
    }
    const [own] = found;
    if (found.every((one) => one?.kind === 'ints')) {
      const lists = found.map((one) => (one as { readonly values: readonly number[] }).values);
      return this.list(what, lists, nodes, position, tensors, known[0]!);
    }
    if (found.some((one) => !isSame(one, own))) this.refuse(what, 'reads a constant that differs');
    this.kept.set(known[0]!, own!);
    return known[0]!;
  }

  private list(
    what: string,
    lists: readonly (readonly number[])[],
    nodes: readonly OnnxNode[],
    position: number,
    tensors: ShapeTensors,
    own: number,
  ): number {
    const [list] = lists as [readonly number[]];
    if (lists.some(({ length }) => length !== list.length))
      this.refuse(what, 'takes a longer or shorter list');
    const entries = list.map((_, i) => {
      const seen = dependence(
        lists.map((one) => one[i]!),
        this.sizes,
      );
      return (
        seen ?? this.refuse(what, `takes a number, ${lists.map((one) => one[i]).join(', ')}, that changes`)
      );
    });
    if (entries.every((entry) => typeof entry === 'number')) {
      this.kept.set(own, { kind: 'ints', values: entries });
      return own;
    }
    const isReshape = nodes[0]!.op === 'Reshape' && position === 1;
    const short = isReshape ? this.shortened(entries, nodes, lists) : undefined;
    return short ? tensors.ints(short) : tensors.list(entries);
  }

  /** A shape of `Reshape` in which 0 is a length as it was, and −1 what is left; `undefined` if more are left. */
  private shortened(
    entries: readonly (number | Product)[],
    nodes: readonly OnnxNode[],
    lists: readonly (readonly number[])[],
  ): number[] | undefined {
    const before = nodes.map(({ inputs }, i) => this.shapes[i]!.get(inputs[0]!)!);
    const isKept = (axis: number) => before.every((shape, i) => shape[axis] === lists[i]![axis]);
    const short = entries.map((entry, axis) => (typeof entry === 'number' ? entry : isKept(axis) ? 0 : -1));
    return short.filter((entry) => entry === -1).length > 1 ? undefined : short;
  }
}

function isSame(a: Initializer | undefined, b: Initializer | undefined): boolean {
  if (a?.kind === 'weight' && b?.kind === 'weight') {
    return a.weight.name === b.weight.name && sameShape(a.weight.shape, b.weight.shape);
  }
  if (a?.kind !== 'tensor' || b?.kind !== 'tensor') return false;
  const [one, other] = [a.tensor, b.tensor];
  return (
    one.dtype === other.dtype &&
    sameShape(one.shape, other.shape) &&
    one.data.every((value, i) => Object.is(value, other.data[i]))
  );
}

function shapesOf({ nodes, inputs, initializers }: OnnxGraph): Map<number, Shape> {
  return new Map<number, Shape>([
    ...inputs.map(({ id, shape }) => [id, shape as Shape] as const),
    ...nodes.flatMap(({ outputs }) => outputs.map(({ id, shape }) => [id, shape] as const)),
    ...[...initializers].flatMap(([id, one]) =>
      one.kind === 'tensor'
        ? [[id, one.tensor.shape] as const]
        : one.kind === 'weight'
          ? [[id, one.weight.shape] as const]
          : [],
    ),
  ]);
}

/** Where each length can be read off: an axis of an input. */
function places(inputs: readonly Port[]): Map<string, { readonly id: number; readonly axis: number }> {
  const found = new Map<string, { id: number; axis: number }>();
  for (const { id, shape } of inputs) {
    shape.forEach((length, axis) => {
      if (typeof length === 'string' && !found.has(length)) found.set(length, { id, axis });
    });
  }
  return found;
}

function nameOfProduct({ factor, names }: Product): string {
  return factor === 1 ? names.join('*') : [factor, ...names].join('*');
}
