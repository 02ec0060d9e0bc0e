import type { HostTensors, Program } from '@attune/core';
import { expectValue } from '../../assertions/close.js';
import { gradientProgram, withRandomGradients } from '../../assertions/gradcheck.js';
import { carriesGradient, forwardProgram, inputsOf, type OpCase } from '../../cases/op-case.js';
import { truth } from '../../kit/oracle.js';

/**
 * Compares the results of a case, and its gradients where it has any, with the interpreter in float64. For whatever runs
 * programs and is no backend yet.
 *
 * @param run computes the outputs of a program.
 * @throws ConformanceError that names what is off.
 */
export async function expectCase(
  one: OpCase,
  run: (program: Program, feeds: HostTensors) => Promise<HostTensors>,
): Promise<void> {
  const compare = async (program: Program, feeds: HostTensors) => {
    const results = await run(program, feeds);
    // The loss of a gradient's program is a sum of many terms that cancel; only its gradients are asked about.
    const { loss: _loss, ...expected } = truth(program, feeds).outputs;
    for (const [name, value] of Object.entries(expected)) expectValue(results[name]!, value, name);
  };
  await compare(forwardProgram(one), inputsOf(one));
  if (!carriesGradient(one)) return;
  const program = gradientProgram(one.name, one.inputs, one.compute, one.wrt);
  await compare(program, withRandomGradients(program, inputsOf(one)));
}
