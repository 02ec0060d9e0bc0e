import { getItem } from './attributes.js';
import type { Budget } from '../values/budget.js';
import { textOf, Undefined, type Value } from '../values/values.js';

/** Looks up `a.b.0` part by part, as the `attribute` of filters does. None is the item itself. */
export function attributePath(path: Value, budget: Budget, byDefault: Value = null): (item: Value) => Value {
  const text = textOf(path);
  if (text !== undefined) budget.list(text.length);
  const parts: readonly Value[] =
    path === null
      ? []
      : text === undefined
        ? [path]
        : text.split('.').map((part) => (/^\d+$/.test(part) ? BigInt(part) : part));
  return (item) =>
    parts.reduce((value, part) => {
      budget.step();
      const found = getItem(value, part, budget);
      return found instanceof Undefined && byDefault !== null ? byDefault : found;
    }, item);
}
