import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(fileURLToPath(import.meta.url));

/** The files that each file imports, for their types alone or not. Tests are left out. */
const imports = new Map(
  readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.ts') && !/\.spec\.ts$|^testing\//.test(file))
    .map((file) => {
      const text = readFileSync(join(root, file), 'utf8');
      const modules = [...text.matchAll(/^(?:import|export)\b[^;']*? from '(\.[^']+)\.js';$/gm)];
      return [file, modules.map(([, path]) => `${posix.join(posix.dirname(file), path!)}.ts`)] as const;
    }),
);

/** Everything that a file imports, by way of others too. */
function reachedFrom(file: string): Set<string> {
  const reached = new Set<string>();
  const pending = [...(imports.get(file) ?? [])];
  for (let next = pending.pop(); next; next = pending.pop()) {
    if (reached.has(next)) continue;
    reached.add(next);
    pending.push(...imports.get(next)!);
  }
  return reached;
}

const reached = new Map([...imports.keys()].map((file) => [file, reachedFrom(file)]));

test('no more than a dozen files import each other in a circle', () => {
  for (const [file, others] of reached) {
    const circle = [...others].filter((other) => reached.get(other)!.has(file));
    expect(circle.length).toBeLessThanOrEqual(12);
  }
});

test('ops stand below the builder and the interpreter, which look them up in their table', () => {
  const table = [...reached.get('ops/table.ts')!].sort();
  expect(table.filter((file) => file.startsWith('ops/')).length).toBeGreaterThan(30);
  expect(table.filter((file) => /^(?:graph|interpreter|backend|contracts)\//.test(file))).toEqual([
    'graph/attributes.ts',
    'graph/graph.ts',
    'graph/operands.ts',
    'graph/tensor.ts',
    'graph/vocabulary.ts',
    'interpreter/nd-array.ts',
  ]);
});
