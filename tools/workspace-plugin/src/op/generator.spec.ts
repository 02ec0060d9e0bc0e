import { modulesOf, repositoryWith, textOf } from '../testing/repository.js';
import { opGenerator } from './generator.js';

const core = 'packages/core/src';
const cases = 'packages/backend-testkit/src/cases/elementwise.ts';

const repository = () =>
  repositoryWith([
    `${core}/ops/table.ts`,
    `${core}/ops/gradients.spec.ts`,
    `${core}/graph/graph.ts`,
    `${core}/graph/vocabulary.ts`,
    `${core}/builder/builder.ts`,
    `${core}/testing/composite-cases.ts`,
    cases,
  ]);

const squareRoot = {
  name: 'square-root',
  doc: 'The square root.',
  formula: 'Math.sqrt(x)',
  gradient: 'g.div(g.mul(dy, 0.5), y)',
  range: '0.01,9',
};

test('an op is one file, with the formula and the gradient that were given', async () => {
  const tree = repository();
  await opGenerator(tree, squareRoot);
  expect(tree.read(`${core}/ops/square-root.ts`, 'utf8')).toBe(`import { unaryOp } from './unary.js';

/** The square root. */
export const squareRoot = unaryOp({
  name: 'squareRoot',
  reference: (x) => Math.sqrt(x),
  grad: (g, { output: y, dOutput: dy }) => g.div(g.mul(dy, 0.5), y),
});
`);
});

test('it is in the table, imported in order, and gets a builder method', async () => {
  const tree = repository();
  await opGenerator(tree, squareRoot);
  expect(textOf(tree, `${core}/ops/table.ts`)).toMatch(/\{ neg, [^}]*, squareRoot \}/);
  const modules = modulesOf(tree, `${core}/ops/table.ts`);
  expect(modules).toContain('./square-root.js');
  expect(modules).toEqual([...modules].sort());
  expect(textOf(tree, `${core}/graph/vocabulary.ts`)).toContain(
    `/** The square root. */ squareRoot(x: Tensor): Tensor { return this.apply('squareRoot', [x]); } // Elementwise on two`,
  );
});

test('every table that lists all ops has it', async () => {
  const tree = repository();
  await opGenerator(tree, squareRoot);
  expect(textOf(tree, cases)).toContain('squareRoot: [(g, x) => g.squareRoot(x), [0.01, 9]], };');
  expect(textOf(tree, `${core}/ops/gradients.spec.ts`)).toContain(
    'squareRoot: [(g, { x }) => g.squareRoot(x!), { x: spread([2, 3], 0.01, 9) }], };',
  );
});

test('a binary op broadcasts, and has a case for each pair of shapes', async () => {
  const tree = repository();
  await opGenerator(tree, { name: 'sumOfSquares', kind: 'binary' });
  const text = textOf(tree, `${core}/ops/sum-of-squares.ts`);
  expect(text).toContain('reference: (a, b) => a * a + b * b,');
  expect(text).toContain('grad: (g, a, b, dy) => [g.mul(dy, g.mul(2, a)), g.mul(dy, g.mul(2, b))],');
  expect(textOf(tree, `${core}/graph/vocabulary.ts`)).toContain(
    `sumOfSquares(a: Operand, b: Operand): Tensor { return this.binary('sumOfSquares', a, b); } equal(`,
  );
  expect(textOf(tree, cases)).toMatch(/pairs\.map\(\(\[a, b\]\) => binaryCase\('sumOfSquares'/);
});

test('a composite is a body, and a gradient if one is given; no lowering has to know it', async () => {
  const tree = repository();
  await opGenerator(tree, { name: 'swoosh', kind: 'composite' });
  expect(textOf(tree, `${core}/ops/swoosh.ts`)).toContain(
    `export const swoosh = defineComposite('swoosh', (g, [x]) => g.mul(x, g.sigmoid(x)));`,
  );
  expect(textOf(tree, `${core}/ops/table.ts`)).toMatch(/\{ softmax, [^}]*, swoosh \}/);
  expect(textOf(tree, `${core}/testing/composite-cases.ts`)).toContain('swoosh: [(g, { x }) => g.swoosh(x!)');
  expect(textOf(tree, `${core}/ops/gradients.spec.ts`)).not.toContain('swoosh');
  const cube = { body: 'g.mul(x, g.square(x))', gradient: 'g.mul(dy, g.mul(3, g.square(x)))' };
  await opGenerator(tree, { name: 'cube', kind: 'composite', ...cube });
  expect(textOf(tree, `${core}/ops/cube.ts`)).toContain(
    'grad: (g, { inputs: [x], dOutput: dy }) => [g.mul(dy, g.mul(3, g.square(x!)))],',
  );
  expect(textOf(tree, `${core}/ops/gradients.spec.ts`)).toContain('cube: [');
});

test('what a gradient does not use is no parameter of it', async () => {
  const tree = repository();
  await opGenerator(tree, { name: 'twice', formula: 'x + x', gradient: 'g.mul(dy, 2)' });
  expect(textOf(tree, `${core}/ops/twice.ts`)).toContain('grad: (g, { dOutput: dy }) => g.mul(dy, 2),');
  await opGenerator(tree, { name: 'plus', kind: 'binary', formula: 'a + b', gradient: '[dy, dy]' });
  expect(textOf(tree, `${core}/ops/plus.ts`)).toContain('grad: (_g, _a, _b, dy) => [dy, dy],');
});

test.each([
  [{ name: 'sqrt' }, 'GraphBuilder has a member "sqrt" already'],
  [{ name: 'build' }, 'GraphBuilder has a member "build" already'],
  [{ name: '2nd root' }, '"2nd root" is no name'],
  [{ name: 'cube', formula: 'x ** 3' }, '--formula needs a --gradient'],
  [{ name: 'cube', gradient: 'dy' }, 'needs the --formula or the --body'],
  [{ ...squareRoot, kind: 'composite' as const }, 'A composite has a --body'],
  [{ ...squareRoot, body: 'x' }, 'An op with a body is a composite'],
  [{ name: 'cube', range: '3,1' }, '--range must be two numbers, low,high, but is "3,1"'],
])('refuses %j', async (options, message) => {
  const tree = repository();
  await expect(opGenerator(tree, options)).rejects.toThrow(message);
});

test('where a source has changed so that the op does not fit in, it says which', async () => {
  const tree = repository();
  tree.write(cases, 'export const elementwiseCases = [];\n');
  await expect(opGenerator(tree, squareRoot)).rejects.toThrow(`${cases} has /^const unary`);
});
