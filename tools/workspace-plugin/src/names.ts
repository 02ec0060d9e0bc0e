/** One name in the spellings that the sources use. */
export interface Names {
  /** The name of files and packages: `square-root`. */
  readonly kebab: string;
  /** The name of functions and ops: `squareRoot`. */
  readonly camel: string;
  /** The name of types: `SquareRoot`. */
  readonly pascal: string;
}

/**
 * The spellings of a name, which may come as `square-root`, `squareRoot` or `SquareRoot`.
 *
 * @throws Error if it is none of these.
 */
export function namesOf(name: string): Names {
  const kebab = name.replace(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase();
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(kebab)) {
    throw new Error(`"${name}" is no name: letters and digits, words joined by "-", e.g. square-root.`);
  }
  const pascal = kebab.replace(/(^|-)([a-z0-9])/g, (_match, _dash, letter: string) => letter.toUpperCase());
  return { kebab, camel: pascal[0]!.toLowerCase() + pascal.slice(1), pascal };
}
