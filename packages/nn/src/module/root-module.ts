import { AttuneError } from '@attune/core';
import { Module, nameParts, type NamedParts } from './module.js';

/** The module at the root of a model: it knows the names of everything below. */
export abstract class RootModule extends Module {
  #parts: NamedParts | undefined;

  private get parts(): NamedParts {
    return (this.#parts ??= nameParts(this));
  }

  get parameters(): NamedParts['parameters'] {
    return this.parts.parameters;
  }

  get buffers(): NamedParts['buffers'] {
    return this.parts.buffers;
  }

  /** Every module by its path, this one under the empty one. */
  get modules(): NamedParts['modules'] {
    return this.parts.modules;
  }

  /**
   * Puts another module where one stands.
   *
   * @throws AttuneError INVALID_ARGUMENT if none stands there.
   */
  replace(path: string, module: Module): void {
    if (path === '' || !this.modules.has(path)) {
      throw new AttuneError('INVALID_ARGUMENT', `The model has no module "${path}".`);
    }
    const keys = path.split('.');
    const key = keys.pop()!;
    // A path is spelled by properties, and by indices of arrays.
    const holder = keys.reduce<object>((part, step) => (part as Record<string, object>)[step]!, this);
    (holder as Record<string, Module>)[key] = module;
    this.refresh();
  }

  /** To be called when parts were added or taken away, so that they are named and listed. */
  refresh(): this {
    this.#parts = nameParts(this);
    return this;
  }
}
