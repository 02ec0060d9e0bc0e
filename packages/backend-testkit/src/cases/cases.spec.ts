import { opDefinition, opNames, opNodes, verify } from '@attune/core';
import { gradcheck, gradientProgram } from '../assertions/gradcheck.js';
import { truth } from '../kit/oracle.js';
import { opCases } from './index.js';
import { carriesGradient, forwardProgram, inputsOf } from './op-case.js';

const all = Object.values(opCases).flat();

test('case names are unique: a test is found by its name', () => {
  expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
});

test('every op occurs in a case, forward or in a gradient', () => {
  const programs = all.flatMap((c) => [
    forwardProgram(c),
    ...(carriesGradient(c) ? [gradientProgram(c.name, c.inputs, c.compute, c.wrt)] : []),
  ]);
  const seen = new Set(programs.flatMap((program) => opNodes(program).map(({ op }) => op)));
  expect(opNames.filter((op) => !seen.has(op))).toEqual([]);
});

/** Ops whose rule is that nothing flows back. */
const NOTHING_FLOWS: readonly string[] = ['cast', 'stopGradient'];

test('every op with a gradient is differentiated in a case', () => {
  const differentiated = new Set(
    all.filter(carriesGradient).flatMap((c) => opNodes(forwardProgram(c)).map(({ op }) => op)),
  );
  const withGradient = opNames.filter((op) => opDefinition(op).grad && !NOTHING_FLOWS.includes(op));
  expect(withGradient.filter((op) => !differentiated.has(op))).toEqual([]);
});

test.each(all.map((c) => [c.name, c] as const))('%s is a valid program with finite results', (_name, c) => {
  const program = forwardProgram(c);
  verify(program);
  const { outputs } = truth(program, inputsOf(c));
  for (const { data } of Object.values(outputs)) expect([...data].every(Number.isFinite)).toBe(true);
});

describe('gradients equal finite differences', () => {
  test.each(all.filter((c) => carriesGradient(c) && !c.kink && !c.large).map((c) => [c.name, c] as const))(
    '%s',
    (_name, c) => {
      gradcheck(c.compute, inputsOf(c), { wrt: c.wrt });
    },
  );
});
