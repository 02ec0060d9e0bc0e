import { hostTensor, type HostData, type HostTensors, type Program } from '@attune/core';
import { sameBits } from '../../assertions/close.js';
import { assert, expectEqual } from '../../assertions/assert.js';
import {
  expectAgreement,
  expectValue,
  normOf,
  shareOfGradient,
  shareOfValue,
} from '../../assertions/close.js';
import { opCases } from '../../cases/index.js';
import { carriesGradient, forwardProgram, gradientTest, inputsOf, type OpCase } from '../../cases/op-case.js';
import { tolerancesFor } from '../../assertions/tolerances.js';
import { gradientProgram, withRandomGradients } from '../../assertions/gradcheck.js';
import { truth } from '../../kit/oracle.js';
import {
  expectOutputs,
  runOnce,
  testPrograms,
  withCompiled,
  withState,
  type SuiteContext,
} from '../shared/context.js';

/** The same elements in the other order: others, and within the range that the op takes. */
const reversed = (feeds: HostTensors): HostTensors =>
  Object.fromEntries(
    Object.entries(feeds).map(([name, { shape, dtype, data }]) => [
      name,
      hostTensor(dtype, shape, data.slice().reverse() as HostData),
    ]),
  );

/** The outputs of a run, and those of the same run once the program has computed something else in between. */
function runTwice(
  { backend }: SuiteContext,
  program: Program,
  feeds: HostTensors,
  twice: boolean,
): Promise<readonly [HostTensors, HostTensors?]> {
  return withState(backend, {}, (state) =>
    withCompiled(backend, state, [program], async (executable) => {
      const outputs = await executable!.run(feeds);
      expectOutputs(program, outputs);
      if (!twice) return [outputs];
      await executable!.run(reversed(feeds));
      return [outputs, await executable!.run(feeds)];
    }),
  );
}

function testForward(context: SuiteContext, opCase: OpCase): void {
  const program = forwardProgram(opCase);
  const allowed = tolerancesFor(program, context.backend.capabilities.precision);
  testPrograms(context, opCase.name, [program], async () => {
    const feeds = inputsOf(opCase);
    const expected = truth(program, feeds).outputs;
    const [actual, again] = await runTwice(context, program, feeds, opCase.large !== true);
    expectEqual(Object.keys(actual).sort(), Object.keys(expected).sort(), 'names of the outputs');
    for (const [name, value] of Object.entries(expected)) {
      context.measure?.(opCase.name, shareOfValue(actual[name]!, value, allowed));
      expectValue(actual[name]!, value, name, allowed);
      if (again) expectValue(again[name]!, value, `${name}, after a run on other values,`, allowed);
    }
  });
}

function testGradient(context: SuiteContext, opCase: OpCase): void {
  const { name, inputs, compute, wrt } = opCase;
  const program = gradientProgram(name, inputs, compute, wrt);
  const allowed = tolerancesFor(program, context.backend.capabilities.precision);
  testPrograms(context, gradientTest(opCase), [program], async () => {
    const feeds = withRandomGradients(program, inputsOf(opCase));
    const { loss: _loss, ...expected } = truth(program, feeds).outputs;
    const actual = await runOnce(context.backend, program, feeds);
    const norm = normOf(Object.values(expected));
    for (const [key, value] of Object.entries(expected)) {
      context.measure?.(gradientTest(opCase), shareOfGradient(actual[key]!, value, norm, allowed));
      expectAgreement(actual[key]!, value, norm, key, allowed);
    }
  });
}

/** Each op, forward and backward, at many shapes, against the interpreter in float64. */
export function describeOps(context: SuiteContext): void {
  for (const [family, cases] of Object.entries(opCases)) {
    context.runner.describe(`ops: ${family}`, () => {
      for (const opCase of cases) {
        testForward(context, opCase);
        if (carriesGradient(opCase)) testGradient(context, opCase);
      }
    });
  }
  context.runner.describe('ops: the same program again', () => {
    for (const name of ['matmul', 'composites', 'indexing']) {
      const cases = opCases[name]!;
      const programs = cases.map(forwardProgram);
      testPrograms(context, `${name}: feeds are not changed by a run`, programs, async () => {
        for (const [i, program] of programs.entries()) {
          const feeds = inputsOf(cases[i]!);
          await runOnce(context.backend, program, feeds);
          const fresh = inputsOf(cases[i]!);
          for (const key of Object.keys(fresh)) {
            assert(
              sameBits(feeds[key]!, fresh[key]!),
              `${program.name}: the run wrote to its feed "${key}".`,
            );
          }
        }
      });
    }
  });
}
