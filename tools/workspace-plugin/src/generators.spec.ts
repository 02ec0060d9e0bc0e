import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { generators } = JSON.parse(readFileSync(`${root}generators.json`, 'utf8')) as {
  generators: Record<string, { factory: string; schema: string }>;
};

test.each(Object.entries(generators))('nx finds the generator %s', (_name, { factory, schema }) => {
  const [file, name] = factory.split('#') as [string, string];
  const factories = createRequire(import.meta.url)(`${root}${file}`) as Record<string, unknown>;
  expect(typeof factories[name]).toBe('function');
  expect(existsSync(root + schema)).toBe(true);
});
