import { AttuneError } from '../errors/index.js';
import type { Attributes } from '../graph/attributes.js';
import type { Tensor } from '../graph/tensor.js';
import type { Composite, IndexInput } from '../ops/define.js';
import type { Program } from '../program/program.js';
import type { TensorSpec } from '../tensor/index.js';
import type { Allocate, NdArray } from '../tensor/nd-array.js';
import { backward } from './autodiff.js';
import { scratchGraph, type GraphBuilder } from './builder.js';
import { feedBounds } from './feed-bounds.js';
import { interpretBody } from './interpret-body.js';
import { replay, traceOf, type Trace } from './trace.js';

/** The program of a traced body: feeds and outputs are named by their positions. */
const programs = new WeakMap<Trace, Program>();

function programOf(trace: Trace): Program {
  const known = programs.get(trace);
  if (known) return known;
  trace.outputs.forEach((output, i) => trace.graph.output(String(i), output));
  const program = trace.graph.build();
  programs.set(trace, program);
  return program;
}

/** Specs of a composite's outputs. */
export function bodySpecs(
  composite: Composite,
  inputs: readonly TensorSpec[],
  attrs: Attributes,
): readonly TensorSpec[] {
  return traceOf(composite, inputs, attrs).outputs.map(({ shape, dtype }) => ({ shape, dtype }));
}

/** The input that the body hands on as indices, if it does so with one as it is. */
export function bodyIndices(
  composite: Composite,
  inputs: readonly TensorSpec[],
  attrs: Attributes,
): IndexInput | undefined {
  const [bound] = feedBounds(programOf(traceOf(composite, inputs, attrs)));
  if (!bound) return undefined;
  const { feed, limit, ignored } = bound;
  return { input: Number(feed), limit, ...(ignored !== undefined && { ignored }) };
}

/** @throws AttuneError TOKEN_OUT_OF_RANGE. */
function checkIndices(name: string, inputs: readonly NdArray[], taken: IndexInput): void {
  const { input, limit, ignored } = taken;
  for (const index of inputs[input]!.data) {
    if (index === ignored || (index >= 0 && index < limit)) continue;
    throw new AttuneError('TOKEN_OUT_OF_RANGE', `${name}: index ${index} is not in [0, ${limit}).`);
  }
}

/**
 * Computes the body in float64. Only results are rounded, to the precision of `allocate`, and before anything else is
 * computed from them.
 */
export function bodyReference(
  composite: Composite,
  inputs: readonly NdArray[],
  attrs: Attributes,
  allocate: Allocate,
): readonly NdArray[] {
  const taken = composite.indices?.(inputs, attrs);
  if (taken) checkIndices(composite.name, inputs, taken);
  const program = programOf(traceOf(composite, inputs, attrs));
  return interpretBody(program, inputs, allocate);
}

/** Gradients of a body, as a graph of their own. */
interface GradTrace {
  readonly graph: GraphBuilder;
  readonly inputs: readonly Tensor[];
  /** Gradients with respect to the outputs, where there are any. */
  readonly dOutputs: readonly (Tensor | undefined)[];
  readonly dInputs: readonly (Tensor | undefined)[];
}

/**
 * Gradients with respect to the inputs, by differentiating the body.
 *
 * @param dOutputs gradients with respect to the outputs; `undefined` where the loss does not depend on one.
 */
export function bodyGradients(
  composite: Composite,
  g: GraphBuilder,
  inputs: readonly Tensor[],
  attrs: Attributes,
  dOutputs: readonly (Tensor | undefined)[],
): readonly (Tensor | undefined)[] {
  const own = differentiate(composite, inputs, attrs, dOutputs);
  const written = new Map<Tensor, Tensor>();
  own.inputs.forEach((tensor, i) => written.set(tensor, inputs[i]!));
  own.dOutputs.forEach((tensor, i) => tensor && written.set(tensor, dOutputs[i]!));
  replay(
    g,
    own.graph,
    own.dInputs.flatMap((tensor) => tensor ?? []),
    written,
  );
  return own.dInputs.map((tensor) => tensor && written.get(tensor)!);
}

function differentiate(
  composite: Composite,
  specs: readonly TensorSpec[],
  attrs: Attributes,
  dOutputs: readonly (TensorSpec | undefined)[],
): GradTrace {
  const graph = scratchGraph(`gradient of ${composite.name}`);
  const inputs = specs.map((spec, i) => graph.feed(String(i), spec));
  const outputs = composite.body(graph, inputs, attrs);
  const seeds = new Map<Tensor, Tensor>();
  const given = outputs.map((output, i) => {
    if (!dOutputs[i]) return undefined;
    const seed = graph.feed(`d${i}`, output);
    const before = seeds.get(output);
    seeds.set(output, before ? graph.add(before, seed) : seed);
    return seed;
  });
  const wanted = inputs.filter(({ dtype }) => dtype === 'f32');
  const found = backward(graph, seeds, wanted);
  return { graph, inputs, dOutputs: given, dInputs: inputs.map((input) => found.get(input)) };
}
