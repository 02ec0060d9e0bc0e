import { getItem } from './attributes.js';
import type { Budget } from './budget.js';
import { textOf, Undefined, type Value } from './values.js';

/** Looks up `a.b.0` part by part, as the `attribute` of filters does. None is the item itself. */
export function attributePath(path: Value, byDefault: Value = null): (item: Value, budget: Budget) => Value {
  const text = textOf(path);
  const parts: readonly Value[] =
    path === null
      ? []
      : text === undefined
        ? [path]
        : text.split('.').map((part) => (/^\d+$/.test(part) ? BigInt(part) : part));
  return (item, budget) =>
    parts.reduce((value, part) => {
      const found = getItem(value, part, budget);
      return found instanceof Undefined && byDefault !== null ? byDefault : found;
    }, item);
}
