import { computeDType, type DType } from '@attune/core';
import { coreDtype, tfjsDtype } from '../runtime/dtypes.js';
import { broadcast } from './broadcast.js';
import { rule, type Rule } from './rule.js';

/** A kernel of one operand, `x`. */
export const unary = (kernel: string): Rule => rule((k, [x]) => k.run(kernel, { x: x! }));

/** A kernel of two operands that broadcast against each other. */
export const binary = (kernel: string): Rule => rule((k, [a, b]) => k.run(kernel, { a: a!, b: b! }));

/** Ops that work element by element. */
export const elementwiseRules = {
  neg: unary('Neg'),
  abs: unary('Abs'),
  exp: unary('Exp'),
  log: unary('Log'),
  sqrt: unary('Sqrt'),
  rsqrt: unary('Rsqrt'),
  tanh: unary('Tanh'),
  sigmoid: unary('Sigmoid'),
  erf: unary('Erf'),

  add: binary('Add'),
  sub: binary('Sub'),
  mul: binary('Multiply'),
  div: binary('RealDiv'),
  maximum: binary('Maximum'),
  minimum: binary('Minimum'),
  equal: binary('Equal'),
  less: binary('Less'),
  lessEqual: binary('LessEqual'),
  logicalAnd: binary('LogicalAnd'),
  logicalNot: unary('LogicalNot'),

  // The kernel takes three operands of one shape.
  select: rule((k, inputs, _attrs, [out]) => {
    const [condition, t, e] = inputs.map((input) => broadcast(k, input, out!.shape));
    return k.run('Select', { condition: condition!, t: t!, e: e! });
  }),

  cast: rule<{ dtype: DType }>((k, [x], { dtype }) =>
    dtype === 'bool'
      ? k.run('NotEqual', { a: x!, b: k.upload({ shape: [], dtype: coreDtype(x!.dtype), data: [0] }) })
      : k.run('Cast', { x: x! }, { dtype: tfjsDtype[computeDType(dtype)] }),
  ),
};
