import { opDefinition, opNames, opNodes, type OpName, type Program } from '@attune/core';
import { gradientProgram } from '../assertions/gradcheck.js';
import { opCases } from '../cases/index.js';
import { carriesGradient, forwardProgram, gradientTest, type OpCase } from '../cases/op-case.js';

/** The names of the tests that tell whether an op is right, by what they compare. */
export interface OpTests {
  readonly forward: readonly string[];
  readonly gradient: readonly string[];
}

/** Ops that fill in numbers which a case needs: one that fails is no fault of theirs, unless it is about them. */
const HELPERS: readonly OpName[] = ['constant', 'iota', 'reshape', 'broadcastTo'];

const opsOf = (program: Program): OpName[] => [...new Set(opNodes(program).map(({ op }) => op))];

/** The ops that a case is about: the one that its name begins with, or else all that it is made of, helpers apart. */
function subjectsOf({ name }: OpCase, ops: readonly OpName[]): readonly OpName[] {
  const named = ops.filter((op) => op === /^(?:large: )?(\w+)/.exec(name)?.[1]);
  if (named.length > 0) return named;
  const others = ops.filter((op) => !HELPERS.includes(op));
  return others.length > 0 ? others : ops;
}

/**
 * The tests of each op: of its values, the cases that are about it, and for one that only gradients have, those of gradients
 * that it is a part of; of its gradient, the gradients of the cases that are about it.
 */
export function testsOfOps(): ReadonlyMap<OpName, OpTests> {
  const forward = new Map<OpName, string[]>(opNames.map((op) => [op, []]));
  const gradient = new Map<OpName, string[]>(opNames.map((op) => [op, []]));
  const within = new Map<OpName, string[]>(opNames.map((op) => [op, []]));
  for (const [family, cases] of Object.entries(opCases)) {
    const group = `ops: ${family}`;
    for (const opCase of cases) {
      const subjects = subjectsOf(opCase, opsOf(forwardProgram(opCase)));
      for (const op of subjects) forward.get(op)!.push(`${group} › ${opCase.name}`);
      if (!carriesGradient(opCase)) continue;
      const { name, inputs, compute, wrt } = opCase;
      const test = `${group} › ${gradientTest(opCase)}`;
      for (const op of subjects) gradient.get(op)!.push(test);
      for (const op of opsOf(gradientProgram(name, inputs, compute, wrt))) within.get(op)!.push(test);
    }
  }
  return new Map(
    opNames.map((op) => [
      op,
      {
        forward: forward.get(op)!.length > 0 ? forward.get(op)! : within.get(op)!,
        gradient: opDefinition(op).grad || opDefinition(op).body ? gradient.get(op)! : [],
      },
    ]),
  );
}
