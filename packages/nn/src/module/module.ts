import type { GraphBuilder } from '@attune/core';
import { Buffer } from './buffer.js';
import { forwardOptions } from './forward-scope.js';
import { Param } from './param.js';

/**
 * A part of a model: parameters, buffers and other modules, as properties. Their property names make the parameters' dotted
 * names, so that they are spelled as Hugging Face spells them (`c_attn`, `ln_1`), and arrays count: `h.0.ln_1.weight`.
 */
export abstract class Module {
  /** Path from the model, e.g. `transformer.h.0.attn`. Empty until {@link nameParts}. */
  path = '';
  private trains = false;

  /** The mode of forward passes that do not name one: true if it is `train`. */
  get training(): boolean {
    return this.trains;
  }

  /** Makes `train` the mode of this module and all its parts, in forward passes that do not name one. */
  train(): this {
    return this.setMode(true);
  }

  /** Makes `eval` the mode of this module and all its parts, in forward passes that do not name one. */
  eval(): this {
    return this.setMode(false);
  }

  /** True if the forward pass that is being written into a graph is one in `train` mode. */
  protected isTraining(g: GraphBuilder): boolean {
    const { mode } = forwardOptions(g);
    return mode === undefined ? this.trains : mode === 'train';
  }

  private setMode(training: boolean): this {
    this.trains = training;
    for (const [, part] of partsOf(this)) if (part instanceof Module) part.setMode(training);
    return this;
  }
}

/** The direct children of a module with their names, in the order of its properties. */
function partsOf(module: Module): [string, Param | Buffer | Module][] {
  return Object.entries(module).flatMap(
    ([key, value]: [string, unknown]): [string, Param | Buffer | Module][] => {
      if (value instanceof Param || value instanceof Buffer || value instanceof Module) return [[key, value]];
      if (!Array.isArray(value)) return [];
      return value.flatMap((entry: unknown, i): [string, Module][] =>
        entry instanceof Module ? [[`${key}.${i}`, entry]] : [],
      );
    },
  );
}

/** A tree of modules, with the names that its structure gives. */
export interface NamedParts {
  /** In order, each once however often it is shared. */
  readonly parameters: readonly Param[];
  readonly buffers: readonly Buffer[];
  /** By path; the root's is empty. */
  readonly modules: ReadonlyMap<string, Module>;
}

/** Gives every part of a model its path, and lists them. */
export function nameParts(root: Module): NamedParts {
  const parameters = new Set<Param>();
  const buffers = new Set<Buffer>();
  const modules = new Map<string, Module>();
  const visit = (module: Module, prefix: string) => {
    module.path = prefix;
    modules.set(prefix, module);
    for (const [key, part] of partsOf(module)) {
      const name = prefix ? `${prefix}.${key}` : key;
      if (part instanceof Module) visit(part, name);
      else if (part instanceof Buffer) add(buffers, part, name);
      else add(parameters, part, name);
    }
  };
  visit(root, '');
  return { parameters: [...parameters], buffers: [...buffers], modules };
}

/** A part that is shared keeps its first name. */
function add<Part extends Param | Buffer>(parts: Set<Part>, part: Part, name: string): void {
  if (parts.has(part)) return;
  part.name = name;
  parts.add(part);
}
