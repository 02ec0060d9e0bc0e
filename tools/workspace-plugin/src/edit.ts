import type { Tree } from '@nx/devkit';

/** Where `place` matches: once, or the file is not as its generator takes it to be. */
function find(tree: Tree, file: string, place: RegExp): { text: string; start: number; end: number } {
  const text = tree.read(file, 'utf8');
  if (text === null)
    throw new Error(`${file} is not there. Run the generator in the root of attune's repository.`);
  const pattern = new RegExp(place, `${place.flags}g`);
  const [match, second] = [...text.matchAll(pattern)];
  if (!match || second) {
    const count = match ? 'more than once' : 'nowhere';
    throw new Error(
      `${file} has ${String(place)} ${count}: the file was changed, and its generator has to follow.`,
    );
  }
  return { text, start: match.index, end: match.index + match[0].length };
}

/** Writes text before a place in a file. */
export function insertBefore(tree: Tree, file: string, place: RegExp, insertion: string): void {
  const { text, start } = find(tree, file, place);
  tree.write(file, text.slice(0, start) + insertion + text.slice(start));
}

/** Writes text after a place in a file. */
export function insertAfter(tree: Tree, file: string, place: RegExp, insertion: string): void {
  const { text, end } = find(tree, file, place);
  tree.write(file, text.slice(0, end) + insertion + text.slice(end));
}

/** Adds an import or export to those of a file, which are sorted by the module they name. */
export function insertSorted(tree: Tree, file: string, keyword: 'import' | 'export', line: string): void {
  const statement = new RegExp(`^${keyword} [^;]*? from '(\\.[^']+)';$`, 'gm');
  const moduleOf = (text: string) => / from '(\.[^']+)';$/.exec(text)![1]!;
  const text = tree.read(file, 'utf8') ?? '';
  const statements = [...text.matchAll(statement)];
  const last = statements.at(-1);
  if (!last) throw new Error(`${file} has no ${keyword}s to add to.`);
  const next = statements.find(([, module]) => module! > moduleOf(line));
  const at = next?.index ?? last.index + last[0].length + 1;
  tree.write(file, `${text.slice(0, at)}${line}\n${text.slice(at)}`);
}

/** Complains if a file is there already: generators write new things, and never over others. */
export function expectNew(tree: Tree, file: string): void {
  if (tree.exists(file)) throw new Error(`${file} is there already. Choose another name.`);
}
