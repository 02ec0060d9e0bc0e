import type { StepWriter, Word } from '../../steps/rule.js';
import { numberOf } from './ops.js';
import type { Apply, Expression, Immediate, Load } from './tree.js';

/** Elements of a block, and registers that hold one: those of `kernels/chain.h`. */
const BLOCK = 1024;
const REGISTERS = 16;
/** Registers that hold the same for every block, at most. */
const HOISTED = 8;

/** The code of a chain, whose Refs are known when it is written. */
export interface ChainCode {
  readonly loads: readonly Load[];
  /** `Chain` of `kernels/chain.h`. */
  readonly header: readonly Word[];
  code(tape: StepWriter): Word[];
}

const operandsOf = (expression: Expression) => (expression.kind === 'apply' ? expression.operands : []);

/** Every part of an expression, once, operands first. */
function partsOf(root: Expression): Expression[] {
  const parts = new Set<Expression>();
  const visit = (part: Expression) => {
    if (parts.has(part)) return;
    operandsOf(part).forEach(visit);
    parts.add(part);
  };
  visit(root);
  return [...parts];
}

/** True if every block of a result holds the same of it: all blocks begin at a multiple of their length. */
function isSameInBlocks(part: Expression): boolean {
  if (part.kind !== 'load') return part.kind === 'immediate';
  const { access } = part;
  if (typeof access === 'string') return access === 'scalar';
  const [outer, inner] = access;
  return access.length === 2 && outer![1] === 0 && BLOCK % inner![0] === 0;
}

/** Registers that the evaluation of each part takes (Sethi and Ullman 1970), if nothing were used twice. */
function needsOf(parts: readonly Expression[]): Map<Expression, number> {
  const needs = new Map<Expression, number>();
  for (const part of parts) {
    const ofOperands = operandsOf(part).map((operand) => needs.get(operand)!);
    const sorted = ofOperands.sort((a, b) => b - a);
    needs.set(part, Math.max(1, ...sorted.map((need, i) => need + i)));
  }
  return needs;
}

/**
 * Translates an expression into a chain's code.
 *
 * @param count elements of its result.
 * @returns undefined if the registers do not suffice.
 */
export function encodeChain(root: Expression, count: number): ChainCode | undefined {
  const parts = partsOf(root);
  const needs = needsOf(parts);
  const uses = new Map<Expression, number>([[root, 1]]);
  for (const part of parts)
    for (const operand of operandsOf(part)) uses.set(operand, (uses.get(operand) ?? 0) + 1);

  const free = Array.from({ length: REGISTERS }, (_, i) => i);
  const registers = new Map<Expression, number>();
  const words: (Word | Load)[] = [];
  let length = 0;
  const write = (...written: (Word | Load)[]) => {
    words.push(...written);
    for (const word of written) length += typeof word === 'number' ? 1 : 2;
  };
  const allocate = (part: Expression): number | undefined => {
    const register = free.shift();
    if (register !== undefined) registers.set(part, register);
    return register;
  };
  const release = (part: Expression) => {
    const left = uses.get(part)! - 1;
    uses.set(part, left);
    if (left > 0) return;
    free.push(registers.get(part)!);
    free.sort((a, b) => a - b);
  };
  const fetch = (part: Load | Immediate): boolean => {
    const register = allocate(part);
    if (register === undefined) return false;
    if (part.kind === 'immediate') {
      write(numberOf('immediate'), register, part.bits);
      return true;
    }
    const kind = typeof part.access === 'string' ? part.access : 'strided';
    write(numberOf(part.dtype === 'bool' ? `${kind}_bool` : kind), register, part);
    if (typeof part.access !== 'string') write(part.access.length, ...part.access.flat());
    return true;
  };
  const compute = (part: Apply): boolean => {
    const inOrder = [...part.operands].sort((a, b) => needs.get(b)! - needs.get(a)!);
    if (!inOrder.every(evaluate)) return false;
    const [a = 0, b = 0, c = 0] = part.operands.map((operand) => registers.get(operand)!);
    // The result may replace an operand.
    part.operands.forEach(release);
    const register = allocate(part);
    if (register === undefined) return false;
    write(numberOf(part.op), register | (a << 8) | (b << 16) | (c << 24));
    return true;
  };
  const evaluate = (part: Expression): boolean =>
    registers.has(part) || (part.kind === 'apply' ? compute(part) : fetch(part));

  const hoisted = count > BLOCK ? parts.filter(isSameInBlocks).slice(0, HOISTED) : [];
  for (const part of hoisted) {
    // Nobody gives it back.
    uses.set(part, Infinity);
    fetch(part as Load | Immediate);
  }
  const prologue = length;
  if (!evaluate(root)) return undefined;
  return {
    loads: parts.filter((part) => part.kind === 'load'),
    header: [count, prologue, length, registers.get(root)!],
    code: (tape) => words.flatMap((word) => (typeof word === 'number' ? [word] : tape.ref(word.id))),
  };
}
