import type { State } from '../contracts/backend.js';
import { AttuneError } from '../errors/index.js';
import type { Program } from '../program/program.js';
import { formatSpec, sameShape } from '../tensor/index.js';

/** The faults of a tensor of a State, the gravest first. */
const codes = ['UNKNOWN_TENSOR', 'SHAPE_MISMATCH', 'DTYPE_MISMATCH'] as const;

/**
 * Checks that a State has the tensors that a program reads and updates.
 *
 * @throws AttuneError UNKNOWN_TENSOR, SHAPE_MISMATCH or DTYPE_MISMATCH: the gravest fault's code, and every fault.
 */
export function checkState(program: Program, state: Pick<State, 'spec'>): void {
  type Fault = { readonly code: (typeof codes)[number]; readonly text: string };
  const faults = Object.entries(program.state).flatMap(([name, expected]): Fault[] => {
    const got = state.spec[name];
    if (!got) return [{ code: codes[0], text: `"${name}" (${formatSpec(expected)}) is missing` }];
    const shape = sameShape(got.shape, expected.shape);
    if (shape && got.dtype === expected.dtype) return [];
    const text = `"${name}" is ${formatSpec(got)}, but the program takes ${formatSpec(expected)}`;
    return [{ code: shape ? codes[2] : codes[1], text }];
  });
  const code = codes.find((each) => faults.some((fault) => fault.code === each));
  if (!code) return;
  throw new AttuneError(
    code,
    `The State does not fit program "${program.name}": ${faults.map(({ text }) => text).join('; ')}.`,
  );
}
