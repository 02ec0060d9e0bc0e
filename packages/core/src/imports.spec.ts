import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(fileURLToPath(import.meta.url));

/** Folders, from below. Each imports only what is below it. */
const FLOORS: readonly (readonly string[])[] = [
  ['text'],
  ['errors', 'random'],
  ['tensor'],
  ['graph'],
  ['ops'],
  ['program'],
  ['builder'],
  ['interpreter', 'contracts'],
  ['passes', 'distributed'],
  ['backend'],
  ['.'],
];

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

const floorOf = (file: string) => FLOORS.findIndex((folders) => folders.includes(posix.dirname(file)));

test('folders import only what is below them', () => {
  expect([...imports.keys()].filter((file) => floorOf(file) < 0)).toEqual([]);
  const upward = [...imports].flatMap(([file, others]) =>
    others
      .filter((other) => posix.dirname(other) !== posix.dirname(file) && floorOf(other) >= floorOf(file))
      .map((other) => `${file} imports ${other}`),
  );
  expect(upward).toEqual([]);
});

test('no more than a dozen files import each other in a circle, and they are those of the builder', () => {
  const inCircle = [...reached].filter(([file, others]) => others.has(file)).map(([file]) => file);
  expect(inCircle.length).toBeLessThanOrEqual(12);
  expect(inCircle.map((file) => posix.dirname(file)).every((folder) => folder === 'builder')).toBe(true);
});

test('the table of ops stands below the builder and the interpreter, which look them up in it', () => {
  const table = [...reached.get('ops/table.ts')!];
  expect(table.filter((file) => file.startsWith('ops/')).length).toBeGreaterThan(30);
  expect(table.filter((file) => floorOf(file) > floorOf('ops/table.ts'))).toEqual([]);
});
