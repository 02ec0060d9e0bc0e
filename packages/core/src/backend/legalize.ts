import { AttuneError } from '../errors/index.js';
import type { OpName } from '../ops/table.js';
import { decompose } from '../passes/decompose.js';
import { missingOps, verify } from '../passes/verify.js';
import type { Program } from '../program/program.js';
import { checkDTypes } from './check-dtypes.js';
import type { Engine } from './engine.js';

/**
 * The program in ops that the engine has: composites it lacks are replaced by their bodies.
 *
 * @throws AttuneError INVALID_PROGRAM, or UNSUPPORTED_OP that lists every op that is left over, with the reasons;
 * DTYPE_MISMATCH for dtypes that it lacks.
 */
export function legalize(program: Program, engine: Pick<Engine<unknown>, 'name' | 'capabilities'>): Program {
  verify(program);
  const native: ReadonlySet<OpName> = new Set(engine.capabilities.native);
  const legal = decompose(program, (node) => !native.has(node.op));
  const missing = missingOps(legal, native);
  if (missing.length === 0) {
    const values = program.values.map((spec, id) => [`value ${id}`, spec] as const);
    checkDTypes(engine, `Program "${program.name}"`, values);
    return legal;
  }
  const reasons = missing.map((op) => `${op} (${engine.capabilities.unsupported[op] ?? 'no kernel'})`);
  throw new AttuneError(
    'UNSUPPORTED_OP',
    `Backend "${engine.name}" cannot run program "${program.name}": it lacks ${reasons.join(', ')}.`,
    { fix: 'Choose another backend, e.g. --backend reference.', data: { missing } },
  );
}
