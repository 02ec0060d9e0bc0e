import type { Names } from '../names.js';

/** The kind of an op: elementwise on one tensor, on two, or on one with a decomposition. */
export type OpKind = 'unary' | 'binary' | 'composite';

/** The definition of an op, as source text. */
export interface OpText {
  readonly doc: string;
  /** In `x`, or `a` and `b`. */
  readonly formula: string;
  /** In `g`, `x` (or `a` and `b`), `y` and `dy`. */
  readonly gradient: string;
  /** In `g` and `x`. Composites have one. */
  readonly decomposition?: string;
}

/** Working examples, for ops whose formula was not given. */
export const examples: Readonly<Record<OpKind, OpText>> = {
  unary: { doc: '`x³`.', formula: 'x ** 3', gradient: 'g.mul(dy, g.mul(3, g.square(x)))' },
  binary: {
    doc: '`a² + b²`.',
    formula: 'a * a + b * b',
    gradient: '[g.mul(dy, g.mul(2, a)), g.mul(dy, g.mul(2, b))]',
  },
  composite: {
    doc: '`x · σ(x)`, σ being the sigmoid.',
    formula: 'x / (1 + Math.exp(-x))',
    gradient: 'g.mul(dy, g.add(g.sigmoid(x), g.mul(y, g.sub(1, g.sigmoid(x)))))',
    decomposition: 'g.mul(x, g.sigmoid(x))',
  },
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

/** The gradient of a unary op: `(g, { input: x, … }) => …`, with what it uses. */
function unaryGradient(expression: string): string {
  const fields = [
    ['x', 'input'],
    ['y', 'output'],
    ['dy', 'dOutput'],
  ] as const;
  const used = fields.filter(([name]) => uses(expression, name)).map(([name, field]) => `${field}: ${name}`);
  return `(${uses(expression, 'g') ? 'g' : '_g'}, { ${used.join(', ')} }) => ${expression}`;
}

/** The op's file. */
export function definitionOf({ camel }: Names, kind: OpKind, text: OpText): string {
  const { doc, formula, gradient, decomposition } = text;
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
          `grad: ${unaryGradient(gradient)}`,
          ...(decomposition ? [`decompose: (g, x) => ${decomposition}`] : []),
        ];
  return `import { ${helper} } from './elementwise.js';

/** ${doc} */
export const ${camel} = ${helper}({
${[`name: '${camel}'`, ...rules].map((line) => `  ${line},\n`).join('')}});
`;
}
