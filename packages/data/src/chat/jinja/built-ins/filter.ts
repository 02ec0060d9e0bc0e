import type { Budget } from '../values/budget.js';
import type { Args, Value } from '../values/values.js';

/** The context of a filter, besides its operand and arguments. */
export interface FilterContext {
  readonly budget: Budget;
  /** Applies another filter or test, by name. */
  filter(name: string, value: Value, args: Args): Value;
  test(name: string, value: Value, args: Args): boolean;
}

/** A filter: what stands after a `|`. */
export type Filter = (value: Value, args: Args, context: FilterContext) => Value;
