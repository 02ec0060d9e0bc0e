import type { Budget } from '../values/budget.js';
import { areEqual } from '../built-ins/operators.js';
import {
  Attributes,
  Callable,
  TemplateError,
  Tuple,
  Undefined,
  UnsupportedError,
  type Value,
} from '../values/values.js';

/**
 * The state of a `for` loop, and its variable `loop`. It looks one item ahead only where it is asked what follows, as
 * Jinja2 does: a condition of the loop may depend on what its body sets.
 */
export class Loop {
  private readonly ahead: Value[] = [];
  /** How many of those ahead have been taken. */
  private taken = 0;
  private previous: Value | undefined;
  private current: Value | undefined;
  private index = -1n;
  private changed: Value | undefined;

  constructor(
    private readonly iterator: Iterator<Value>,
    /** Known of lists; otherwise, asking for it takes all items. */
    private readonly knownLength: number | undefined,
    private readonly budget: Budget,
  ) {}

  /** The next item, or `undefined` after the last. */
  next(): Value | undefined {
    const item = this.countAhead() > 0 ? this.ahead[this.taken++] : this.pull();
    if (item === undefined) return undefined;
    this.previous = this.current;
    this.current = item;
    this.index++;
    return item;
  }

  private pull(): Value | undefined {
    const next = this.iterator.next();
    return next.done ? undefined : next.value;
  }

  private countAhead(): number {
    return this.ahead.length - this.taken;
  }

  private peek(): Value | undefined {
    if (this.countAhead() === 0) {
      this.ahead.length = this.taken = 0;
      const item = this.pull();
      if (item !== undefined) this.ahead.push(item);
    }
    return this.ahead[this.taken];
  }

  private length(): bigint {
    if (this.knownLength !== undefined) return BigInt(this.knownLength);
    for (let item = this.pull(); item !== undefined; item = this.pull()) {
      this.budget.list(1);
      this.ahead.push(item);
    }
    return this.index + 1n + BigInt(this.countAhead());
  }

  /** The value of the name `loop`. */
  readonly variable = new Attributes(
    'LoopContext',
    (name) => this.attribute(name),
    () => {
      throw new UnsupportedError('a recursive loop');
    },
  );

  private attribute(name: string): Value | undefined {
    const { index } = this;
    switch (name) {
      case 'index':
        return index + 1n;
      case 'index0':
        return index;
      case 'first':
        return index === 0n;
      case 'last':
        return this.peek() === undefined;
      case 'length':
        return this.length();
      case 'revindex':
        return this.length() - index;
      case 'revindex0':
        return this.length() - index - 1n;
      case 'previtem':
        return this.previous ?? (this.previous === null ? null : new Undefined('there is no previous item'));
      case 'nextitem': {
        const next = this.peek();
        return next === undefined ? new Undefined('there is no next item') : next;
      }
      case 'depth':
        return 1n;
      case 'depth0':
        return 0n;
      case 'cycle':
        return new Callable('cycle', ({ positional }) => {
          if (positional.length === 0) throw new TemplateError('no items for cycling given');
          return positional[Number(index % BigInt(positional.length))]!;
        });
      case 'changed':
        return new Callable('changed', ({ positional }) => {
          const value = new Tuple(positional);
          if (this.changed !== undefined && areEqual(this.changed, value, this.budget)) return false;
          this.changed = value;
          return true;
        });
      default:
        return undefined;
    }
  }
}
