import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../templates/', import.meta.url));

/** Text for the places of a template, by their names. */
export type Values = Readonly<Record<string, string>>;

/** Fills in `{{name}}`. A name that has no value is a fault of the template. */
function render(text: string, values: Values): string {
  return text.replace(/\{\{(\w+)\}\}/g, (_match, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`A template names {{${name}}}, which has no value.`);
    return value;
  });
}

/** A template that is a part of others, rendered. */
export function partial(path: string, values: Values): string {
  return render(readFileSync(join(root, `${path}.template`), 'utf8'), values);
}

/** Names of files that npm would leave out of a package, by those that their templates have. */
const HIDDEN: Values = { gitignore: '.gitignore' };

/**
 * The templates of a folder, rendered: texts by their paths, which have `/` and no `.template`.
 */
export function renderFolder(folder: string, values: Values): Map<string, string> {
  const files = new Map<string, string>();
  for (const entry of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
    if (!entry.endsWith('.template')) continue;
    const name = entry.replaceAll('\\', '/').replace(/\.template$/, '');
    files.set(HIDDEN[name] ?? name, partial(join(folder, entry.replace(/\.template$/, '')), values));
  }
  return files;
}
