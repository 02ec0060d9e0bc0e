import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Folders that import each other for a reason, by package: `{ 'packages/x': [['a b', 'The reason.']] }`. */
const PERMITTED = {};

/** Imports between the folders of a package, for types alone or not. Tests, and what is for tests, may import anything. */
function folderImports(src) {
  const imports = new Map();
  for (const file of readdirSync(src, { recursive: true })) {
    if (!file.endsWith('.ts') || /\.spec\.ts$|\.page\.ts$|(?:^|\/)testing\//.test(file)) continue;
    const text = readFileSync(join(src, file), 'utf8');
    const [from, others] = [dirname(file), imports.get(dirname(file)) ?? new Set()];
    for (const [, path] of text.matchAll(/(?:\bfrom|\bimport\()\s*'(\.[^']+)'/g)) {
      const to = dirname(normalize(join(from, path)));
      if (to !== from) others.add(to);
    }
    imports.set(from, others);
  }
  return imports;
}

/** Sets of folders each of which imports the others, by way of others or not. */
function cyclesOf(imports) {
  const reached = new Map([...imports.keys()].map((folder) => [folder, reachedFrom(folder, imports)]));
  const cycles = [...reached].map(([folder, others]) =>
    [...others].filter((other) => reached.get(other)?.has(folder)).sort(),
  );
  return [...new Set(cycles.filter(({ length }) => length > 0).map((cycle) => cycle.join(' ')))];
}

function reachedFrom(folder, imports) {
  const reached = new Set();
  const pending = [...imports.get(folder)];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (reached.has(next)) continue;
    reached.add(next);
    pending.push(...(imports.get(next) ?? []));
  }
  return reached;
}

describe('no folders of a package import each other', () => {
  const packages = ['packages', 'apps'].flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => `${folder}/${name}`),
  );
  for (const name of packages.filter((each) => existsSync(join(root, each, 'src')))) {
    it(name, () => {
      const permitted = (PERMITTED[name] ?? []).map(([cycle]) => cycle);
      assert.deepEqual(cyclesOf(folderImports(join(root, name, 'src'))), permitted);
    });
  }
});

it('a cycle by way of a third folder is found', () => {
  const imports = new Map([
    ['a', new Set(['b'])],
    ['b', new Set(['c'])],
    ['c', new Set(['a'])],
    ['.', new Set(['a'])],
  ]);
  assert.deepEqual(cyclesOf(imports), ['a b c']);
});
