import type { Names } from '../names.js';

/** The kind of an op: an elementwise primitive on one tensor or on two, or a composite on one. */
export type OpKind = 'unary' | 'binary' | 'composite';

/** The definition of an op, as source text. */
export interface OpText {
  readonly doc: string;
  /** The reference of a primitive, in `x`, or `a` and `b`. */
  readonly formula?: string;
  /** In `g`, `x` (or `a` and `b`), `y` and `dy`. Primitives have one. */
  readonly gradient?: string;
  /** In `g` and `x`. Composites have one. */
  readonly body?: string;
}

/** Working examples, for ops that come with neither formula nor body. */
export const examples: Readonly<Record<OpKind, OpText>> = {
  unary: { doc: '`x³`.', formula: 'x ** 3', gradient: 'g.mul(dy, g.mul(3, g.square(x)))' },
  binary: {
    doc: '`a² + b²`.',
    formula: 'a * a + b * b',
    gradient: '[g.mul(dy, g.mul(2, a)), g.mul(dy, g.mul(2, b))]',
  },
  composite: { doc: '`x · σ(x)`, σ being the sigmoid.', body: 'g.mul(x, g.sigmoid(x))' },
};

const uses = (expression: string, name: string) => new RegExp(`\\b${name}\\b`).test(expression);

/** Positional parameters: those that are not used are marked, or, at the end, left out. */
function parameters(expression: string, names: readonly string[]): string {
  let count = names.length;
  while (count > 0 && !uses(expression, names[count - 1]!)) count--;
  return names
    .slice(0, count)
    .map((name) => (uses(expression, name) ? name : `_${name}`))
    .join(', ');
}

const graph = (expression: string) => (uses(expression, 'g') ? 'g' : '_g');

/** The fields of a gradient's context that its expression uses, under the names that it has for them. */
function contextOf(expression: string, input: string): string {
  const fields = [
    ['x', input],
    ['y', 'output: y'],
    ['dy', 'dOutput: dy'],
  ] as const;
  return fields.flatMap(([name, field]) => (uses(expression, name) ? field : [])).join(', ');
}

/** The file of a composite. */
function compositeOf(camel: string, { doc, gradient, body = '' }: OpText): string {
  // Inputs come in a list, of unknown length to the compiler.
  const rule = gradient?.replace(/\bx\b/g, 'x!') ?? '';
  const grad = `{\n  grad: (${graph(rule)}, { ${contextOf(rule, 'inputs: [x]')} }) => [${rule}],\n}`;
  return `import { defineComposite } from './define.js';

/** ${doc} */
export const ${camel} = defineComposite('${camel}', (${graph(body)}, [x]) => ${body}${gradient ? `, ${grad}` : ''});
`;
}

/** The op's file. */
export function definitionOf({ camel }: Names, kind: OpKind, text: OpText): string {
  if (kind === 'composite') return compositeOf(camel, text);
  const { doc, formula = '', gradient = '' } = text;
  const helper = kind === 'binary' ? 'binaryOp' : 'unaryOp';
  const rules =
    kind === 'binary'
      ? [
          `dtypes: ['f32']`,
          `reference: (a, b) => ${formula}`,
          `grad: (${parameters(gradient, ['g', 'a', 'b', 'dy', 'y'])}) => ${gradient}`,
        ]
      : [
          `reference: (x) => ${formula}`,
          `grad: (${graph(gradient)}, { ${contextOf(gradient, 'input: x')} }) => ${gradient}`,
        ];
  return `import { ${helper} } from './${kind}.js';

/** ${doc} */
export const ${camel} = ${helper}({
${[`name: '${camel}'`, ...rules].map((line) => `  ${line},\n`).join('')}});
`;
}
