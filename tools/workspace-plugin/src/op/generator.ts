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
  readonly body?: string;
  readonly range?: string;
}

const core = 'packages/core/src';
const cases = 'packages/backend-testkit/src/cases/elementwise.ts';

/** Where a kind of op stands: the first op of its group in the table, and what follows the group's builder methods. */
const groups: Readonly<Record<OpKind, { first: string; methodsEnd: RegExp }>> = {
  unary: { first: 'neg', methodsEnd: /\n {2}\/\/ Elementwise on two operands/ },
  binary: { first: 'add', methodsEnd: / {2}equal\(a: Operand/ },
  composite: { first: 'softmax', methodsEnd: /\}\n*$/ },
};

/** The text of the options, complete, or else that of the example. */
function textOf(kind: OpKind, { doc, formula, gradient, body }: OpGeneratorOptions): OpText {
  if (formula === undefined && body === undefined) {
    if (gradient !== undefined)
      throw new Error('A gradient needs the --formula or the --body that it is of.');
    return { ...examples[kind], ...(doc && { doc }) };
  }
  if (kind === 'composite') {
    if (body === undefined || formula !== undefined) {
      throw new Error(
        `A composite has a --body, e.g. "${examples.composite.body}", and no --formula: its reference follows from it.`,
      );
    }
    return { doc: doc ?? `\`${body}\`.`, body, ...(gradient !== undefined && { gradient }) };
  }
  if (body !== undefined) throw new Error(`An op with a body is a composite: --kind composite, not ${kind}.`);
  if (gradient === undefined)
    throw new Error(`--formula needs a --gradient, e.g. "${examples[kind].gradient}".`);
  return { doc: doc ?? `\`${formula}\`.`, formula, gradient };
}

function parseRange(range: string): readonly [number, number] {
  const [low, high] = range.split(',').map(Number);
  if (!(low! < high!)) throw new Error(`--range must be two numbers, low,high, but is "${range}".`);
  return [low!, high!];
}

/** The tests that list every op: each has to have the new one. */
function addCases(
  tree: Tree,
  { camel }: Names,
  kind: OpKind,
  { gradient }: OpText,
  [low, high]: readonly [number, number],
): void {
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
  if (gradient !== undefined) {
    insertBefore(tree, `${core}/ops/gradients.spec.ts`, /^\};\n\ntest\('this table has every op/m, row);
  }
  if (kind === 'composite') insertBefore(tree, `${core}/testing/composite-cases.ts`, /^\};\n/m, row);
}

/**
 * Adds an op: its file and its line in the table, which is all that an op is; and, for convenience, a method of the graph
 * builder, and its cases wherever a test lists every op.
 */
export async function opGenerator(tree: Tree, options: OpGeneratorOptions): Promise<() => void> {
  const { kind = 'unary', range = '0.5,2' } = options;
  const names = namesOf(options.name);
  const { kebab, camel } = names;
  const text = textOf(kind, options);
  const { first, methodsEnd } = groups[kind];
  const file = `${core}/ops/${kebab}.ts`;
  expectNew(tree, file);
  const members = ['graph/graph', 'graph/vocabulary', 'builder/builder'].map(
    (each) => tree.read(`${core}/${each}.ts`, 'utf8') ?? '',
  );
  if (new RegExp(`^ {2}(?:private |protected )?(?:readonly )?${camel}\\b`, 'm').test(members.join('\n'))) {
    throw new Error(`GraphBuilder has a member "${camel}" already. Choose another name.`);
  }

  tree.write(file, definitionOf(names, kind, text));
  insertSorted(tree, `${core}/ops/table.ts`, 'import', `import { ${camel} } from './${kebab}.js';`);
  insertAfter(tree, `${core}/ops/table.ts`, new RegExp(`\\.\\.\\.\\{ ${first},[^}]*?(?= \\})`), `, ${camel}`);
  const [inputs, call] =
    kind === 'binary'
      ? ['a: Operand, b: Operand', `this.binary('${camel}', a, b)`]
      : ['x: Tensor', `this.apply('${camel}', [x])`];
  insertBefore(
    tree,
    `${core}/graph/vocabulary.ts`,
    methodsEnd,
    `  /** ${text.doc} */\n  ${camel}(${inputs}): Tensor {\n    return ${call};\n  }\n`,
  );
  addCases(tree, names, kind, text, parseRange(range));
  await formatFiles(tree);

  return () => {
    logger.info(`\nNext: npm run jest -- packages/core packages/backend-testkit`);
    if (options.formula === undefined && options.body === undefined)
      logger.info(`${file} holds an example: make it yours.`);
    if (kind !== 'composite') {
      logger.info(`lowering-tfjs and lowering-onnx compile again once each has a rule for ${camel}.`);
    }
  };
}
