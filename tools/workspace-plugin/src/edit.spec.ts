import { createTreeWithEmptyWorkspace } from '@nx/devkit/testing';
import { insertAfter, insertBefore, insertSorted } from './edit.js';

const file = 'index.ts';

function treeWith(text: string) {
  const tree = createTreeWithEmptyWorkspace({ formatter: 'none' });
  tree.write(file, text);
  return tree;
}

test('an export goes where its module belongs, between others that may be wrapped', () => {
  const text = `export { a } from './a.js';\nexport {\n  d,\n  type D,\n} from './d.js';\n\nexport const x = 1;\n`;
  const tree = treeWith(text);
  for (const name of ['e', 'b'])
    insertSorted(tree, file, 'export', `export { ${name} } from './${name}.js';`);
  expect(tree.read(file, 'utf8')).toBe(
    `export { a } from './a.js';\nexport { b } from './b.js';\nexport {\n  d,\n  type D,\n} from './d.js';\nexport { e } from './e.js';\n\nexport const x = 1;\n`,
  );
});

test('a place has to be there, and only once', () => {
  const tree = treeWith('one two two\n');
  insertBefore(tree, file, /one/, 'zero ');
  insertAfter(tree, file, /one/, ' and');
  expect(tree.read(file, 'utf8')).toBe('zero one and two two\n');
  expect(() => insertAfter(tree, file, /two/, '')).toThrow('index.ts has /two/ more than once');
  expect(() => insertAfter(tree, file, /six/, '')).toThrow('index.ts has /six/ nowhere');
  expect(() => insertAfter(tree, 'other.ts', /one/, '')).toThrow('other.ts is not there');
});
