import util from 'node:util';

/** Functions that tfjs-node-gpu calls in each op, and that Node has had no more since version 23. */
const removed: Readonly<Record<string, (value: unknown) => boolean>> = {
  isNullOrUndefined: (value) => value === null || value === undefined,
  isArray: (value) => Array.isArray(value),
};

/** Gives a module back the functions it lacks. */
export function restoreUtil(module: object = util): void {
  for (const [name, value] of Object.entries(removed)) {
    if (!(name in module)) Object.defineProperty(module, name, { value, configurable: true, writable: true });
  }
}
