import type { Value } from '../values/values.js';

/** Variables by name. What a loop, a macro or a block sets is not seen outside of it. */
export class Scope {
  private readonly variables = new Map<string, Value>();

  constructor(private readonly parent?: Scope) {}

  get(name: string): Value | undefined {
    const own = this.variables.get(name);
    return own === undefined ? this.parent?.get(name) : own;
  }

  set(name: string, value: Value): void {
    this.variables.set(name, value);
  }
}
