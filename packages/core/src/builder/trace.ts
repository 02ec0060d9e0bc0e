import { AttuneError, isAttuneError, withoutFix } from '../errors/index.js';
import type { Attributes } from '../graph/attributes.js';
import type { Tensor } from '../graph/tensor.js';
import type { Composite } from '../ops/define.js';
import { reachable } from '../program/finish-program.js';
import { formatSpec, type TensorSpec } from '../tensor/index.js';
import { scratchGraph, type GraphBuilder } from './builder.js';

/** A composite's body, written once for inputs of certain specs. */
export interface Trace {
  readonly graph: GraphBuilder;
  /** Feeds of the graph, named by their positions. */
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
}

/** Traces that are kept for one composite: as many as a model has layers of different shapes, and then some. */
const KEPT = 64;

/** The latest traces of each composite, which are pure functions of the key. */
const traces = new WeakMap<Composite, Map<string, Trace>>();

/**
 * Returns the body for these inputs: checked, written and remembered.
 *
 * @throws AttuneError from the composite's check, or, with its name, from an op of its body.
 */
export function traceOf(composite: Composite, inputs: readonly TensorSpec[], attrs: Attributes): Trace {
  const known = traces.get(composite) ?? new Map<string, Trace>();
  traces.set(composite, known);
  const key = `${inputs.map(formatSpec).join()}${JSON.stringify(attrs)}`;
  const trace = known.get(key) ?? traceBody(composite, inputs, attrs);
  // What was used last is dropped last.
  known.delete(key);
  known.set(key, trace);
  if (known.size > KEPT) known.delete(known.keys().next().value!);
  return trace;
}

function traceBody(composite: Composite, specs: readonly TensorSpec[], attrs: Attributes): Trace {
  composite.check?.(specs, attrs);
  const graph = scratchGraph(composite.name);
  const inputs = specs.map((spec, i) => graph.feed(String(i), spec));
  try {
    return { graph, inputs, outputs: composite.body(graph, inputs, attrs) };
  } catch (error) {
    if (!isAttuneError(error)) throw error;
    const { code, fix, data } = error;
    throw new AttuneError(code, `${composite.name}: ${withoutFix(error)}`, { fix, data, cause: error });
  }
}

/**
 * Copies what `results` need from another graph into `g`.
 *
 * @param written what there is of it already, its inputs for one; what is copied is added.
 */
export function replay(
  g: GraphBuilder,
  from: GraphBuilder,
  results: readonly Tensor[],
  written: Map<Tensor, Tensor>,
): void {
  const needed = reachable(results);
  for (const node of from.nodes) {
    if (node.kind !== 'op' || !needed.has(node)) continue;
    const { op, inputs, attrs, outputs } = node;
    const copies = g.applyAll(
      op,
      inputs.map((input) => written.get(input)!),
      attrs,
    );
    outputs.forEach((output, i) => written.set(output, copies[i]!));
  }
}
