import type { OpName } from '../ops/table.js';

/** Ops that compute each element of their result from the elements at its place, under broadcasting, and from nothing else. */
export const elementwiseOps: ReadonlySet<OpName> = new Set<OpName>([
  ...(['neg', 'abs', 'exp', 'log', 'sqrt', 'rsqrt', 'tanh', 'sigmoid', 'erf', 'cast'] as const),
  ...(['add', 'sub', 'mul', 'div', 'maximum', 'minimum'] as const),
  ...(['equal', 'less', 'lessEqual', 'logicalAnd', 'logicalNot', 'select'] as const),
]);
