import { formatFiles, logger, type Tree } from '@nx/devkit';
import { expectNew, insertAfter, insertBefore, insertSorted } from '../edit.js';
import { namesOf, type Names } from '../names.js';
import { definitionOf, examples, type OpKind, type OpText } from './definition.js';

/** Options of {@link opGenerator}; `schema.json` says what they mean. */
export interface OpGeneratorOptions {
  readonly name: string;
  readonly kind?: OpKind;
  readonly doc?: string;
  readonly formula?: string;
  readonly gradient?: string;
  readonly decomposition?: string;
  readonly range?: string;
}

const core = 'packages/core/src';
const cases = 'packages/backend-testkit/src/cases/elementwise.ts';

/** Where a kind of op stands: the first op of its group, and what follows the group's builder methods. */
const groups: Readonly<Record<OpKind, { first: string; methodsEnd: RegExp }>> = {
  unary: { first: 'neg', methodsEnd: /\n {2}\/\/ Elementwise on two operands/ },
  binary: { first: 'add', methodsEnd: / {2}equal\(a: Operand/ },
  composite: { first: 'softmax', methodsEnd: /\}\n*$/ },
};

/** The text of the options, complete, or else that of the example. */
function textOf(kind: OpKind, { doc, formula, gradient, decomposition }: OpGeneratorOptions): OpText {
  if (formula === undefined) {
    if (gradient === undefined && decomposition === undefined)
      return { ...examples[kind], ...(doc && { doc }) };
    throw new Error('A gradient or a decomposition needs its --formula.');
  }
  if (gradient === undefined)
    throw new Error(`--formula needs a --gradient, e.g. "${examples[kind].gradient}".`);
  if (kind === 'composite' && decomposition === undefined) {
    throw new Error(`A composite needs a --decomposition, e.g. "${examples.composite.decomposition}".`);
  }
  if (kind !== 'composite' && decomposition !== undefined) {
    throw new Error(`An op with a decomposition is a composite: --kind composite, not ${kind}.`);
  }
  return { doc: doc ?? `\`${formula}\`.`, formula, gradient, ...(decomposition && { decomposition }) };
}

function parseRange(range: string): readonly [number, number] {
  const [low, high] = range.split(',').map(Number);
  if (!(low! < high!)) throw new Error(`--range must be two numbers, low,high, but is "${range}".`);
  return [low!, high!];
}

/** The tests that list every op: each has to have the new one. */
function addCases(tree: Tree, { camel }: Names, kind: OpKind, [low, high]: readonly [number, number]): void {
  const interval = `${low}, ${high}`;
  if (kind === 'binary') {
    const row = `  ...pairs.map(([a, b]) => binaryCase('${camel}', (g, x, y) => g.${camel}(x, y), f32(a, [${interval}]), f32(b, [${interval}]))),\n`;
    insertBefore(tree, cases, /^ {2}\.\.\.comparisonCases,$/m, row);
  } else {
    const row = `  ${camel}: [(g, x) => g.${camel}(x), [${interval}]],\n`;
    insertAfter(tree, cases, /^const unary: (?:.*\n)(?: {2}.*\n)*/m, row);
  }

  // b begins elsewhere than a, so that no two operands are equal: there, a function may have a kink.
  const from = Number((low + (high - low) / 8).toPrecision(3));
  const gradientCase =
    kind === 'binary'
      ? `[(g, { a, b }) => g.${camel}(a!, b!), { a: spread([2, 3], ${interval}), b: spread([3], ${from}, ${high}) }]`
      : `[(g, { x }) => g.${camel}(x!), { x: spread([2, 3], ${interval}) }]`;
  const row = `  ${camel}: ${gradientCase},\n`;
  insertBefore(tree, `${core}/ops/gradients.spec.ts`, /^\};\n\ntest\('this table has every op/m, row);
  if (kind === 'composite') {
    insertBefore(tree, `${core}/graph/decompose.spec.ts`, /^\};\n\ntest\('this table has every op/m, row);
  }
}

/** Lowerings have no rule for a new composite: until one is written, it is taken apart. */
function addToLowerings(tree: Tree, { camel }: Names): void {
  insertAfter(
    tree,
    'packages/lowering-onnx/src/rules/index.ts',
    /^const decomposed = \[[^\]]*/m,
    `, '${camel}'`,
  );
  insertAfter(
    tree,
    'packages/lowering-tfjs/src/rules/index.ts',
    /^export type CompositeOp =[^;]*/m,
    `\n  | '${camel}'`,
  );
}

/** Adds an op: its file, its name, its builder method, and its cases wherever a test lists every op. */
export async function opGenerator(tree: Tree, options: OpGeneratorOptions): Promise<() => void> {
  const { kind = 'unary', range = '0.5,2' } = options;
  const names = namesOf(options.name);
  const { kebab, camel } = names;
  const text = textOf(kind, options);
  const { first, methodsEnd } = groups[kind];
  const file = `${core}/ops/${kebab}.ts`;
  const builder = `${core}/graph/builder.ts`;
  expectNew(tree, file);
  if (new RegExp(`^ {2}(?:private )?(?:readonly )?${camel}\\b`, 'm').test(tree.read(builder, 'utf8') ?? '')) {
    throw new Error(`GraphBuilder has a member "${camel}" already. Choose another name.`);
  }

  tree.write(file, definitionOf(names, kind, text));
  insertAfter(tree, `${core}/ops/names.ts`, new RegExp(`\\['${first}'[^\\]]*`), `, '${camel}'`);
  insertSorted(tree, `${core}/ops/index.ts`, 'import', `import { ${camel} } from './${kebab}.js';`);
  insertAfter(tree, `${core}/ops/index.ts`, new RegExp(`\\.\\.\\.\\{ ${first},[^}]*?(?= \\})`), `, ${camel}`);
  const [inputs, call] =
    kind === 'binary'
      ? ['a: Operand, b: Operand', `this.binary('${camel}', a, b)`]
      : ['x: Tensor', `this.apply('${camel}', [x])`];
  insertBefore(
    tree,
    builder,
    methodsEnd,
    `  /** ${text.doc} */\n  ${camel}(${inputs}): Tensor {\n    return ${call};\n  }\n`,
  );
  addCases(tree, names, kind, parseRange(range));
  if (kind === 'composite') addToLowerings(tree, names);
  await formatFiles(tree);

  return () => {
    logger.info(`\nNext: npm run jest -- packages/core packages/backend-testkit`);
    if (options.formula === undefined) logger.info(`${file} holds an example: make it yours.`);
    if (kind !== 'composite') {
      logger.info(`lowering-tfjs and lowering-onnx compile again once each has a rule for ${camel}.`);
    }
  };
}
