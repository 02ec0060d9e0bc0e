import { ancestorsOf, type OpNode, type Program, type ProgramNode, type ValueId } from '@attune/core';
import { accumulatorNames, type SessionPlan } from '@attune/train';

/** The parts of a training step, in their order. What is recomputed in the backward pass counts there. */
export const stepPhases = ['forward', 'backward', 'update'] as const;

/** A part of a training step. */
export type StepPhase = (typeof stepPhases)[number];

/** An op of a step, in the program that it stands in. */
export interface PhaseNode {
  readonly phase: StepPhase;
  readonly program: Program;
  readonly node: OpNode;
}

/** Values that the forward pass is for: the sums of the loss. */
function lossValues({ outputs, updates }: Program): ValueId[] {
  const { numerator, count } = accumulatorNames;
  return [outputs['loss'], outputs['count'], updates[numerator], updates[count]].filter(
    (id) => id !== undefined,
  );
}

/** Values that the backward pass is for: the norm of the gradient, or the sums of gradients. */
function gradientValues({ outputs, updates }: Program): ValueId[] {
  const sums = Object.entries(updates).flatMap(([name, id]) =>
    name.startsWith(accumulatorNames.gradient('')) ? [id] : [],
  );
  return [outputs['gradNorm'], ...sums].filter((id) => id !== undefined);
}

function phasesOf(program: Program): PhaseNode[] {
  const forward = new Set<ProgramNode>(ancestorsOf(program, lossValues(program)));
  const backward = new Set<ProgramNode>(ancestorsOf(program, gradientValues(program)));
  return program.nodes.flatMap((node): PhaseNode[] => {
    if (node.kind !== 'op') return [];
    const phase = forward.has(node) ? 'forward' : backward.has(node) ? 'backward' : 'update';
    return [{ phase, program, node }];
  });
}

/** The ops of a step, each once: those of a micro-batch, and of the update behind several of them. */
export function nodesOfStep({ microBatch, accumulation }: SessionPlan): readonly PhaseNode[] {
  const update = accumulation ? phasesOf(accumulation.apply) : [];
  return [...phasesOf(microBatch), ...update.map((one) => ({ ...one, phase: 'update' as const }))];
}
