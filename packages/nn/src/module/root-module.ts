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

  /** To be called when parts were added or taken away, so that they are named and listed. */
  refresh(): this {
    this.#parts = nameParts(this);
    return this;
  }
}
