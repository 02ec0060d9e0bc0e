import { Param } from './param.js';

/**
 * A part of a model: parameters and other modules, as properties. Their property names make the parameters' dotted
 * names, so that they are spelled as Hugging Face spells them (`c_attn`, `ln_1`), and arrays count: `h.0.ln_1.weight`.
 */
export abstract class Module {
  /** Path from the model, e.g. `transformer.h.0.attn`. Empty until {@link nameParts}. */
  path = '';
  private mode = false;

  /** Whether dropout is at work. */
  get training(): boolean {
    return this.mode;
  }

  /** Switches this module and all its parts to training. */
  train(): this {
    return this.setMode(true);
  }

  /** Switches this module and all its parts to evaluation. */
  eval(): this {
    return this.setMode(false);
  }

  private setMode(training: boolean): this {
    this.mode = training;
    for (const [, part] of partsOf(this)) if (part instanceof Module) part.setMode(training);
    return this;
  }
}

/** The parameters and modules directly within a module, in the order of its properties, with their names. */
function partsOf(module: Module): [string, Param | Module][] {
  return Object.entries(module).flatMap(([key, value]: [string, unknown]): [string, Param | Module][] => {
    if (value instanceof Param || value instanceof Module) return [[key, value]];
    if (!Array.isArray(value)) return [];
    return value.flatMap((entry: unknown, i): [string, Param | Module][] =>
      entry instanceof Module ? [[`${key}.${i}`, entry]] : [],
    );
  });
}

/** Gives every part of a model its path. Returns the parameters in order, each once however often it is shared. */
export function nameParts(root: Module): Param[] {
  const parameters = new Set<Param>();
  const visit = (module: Module, prefix: string) => {
    module.path = prefix;
    for (const [key, part] of partsOf(module)) {
      const name = prefix ? `${prefix}.${key}` : key;
      if (part instanceof Module) visit(part, name);
      else if (!parameters.has(part)) {
        part.name = name;
        parameters.add(part);
      }
    }
  };
  visit(root, '');
  return [...parameters];
}
