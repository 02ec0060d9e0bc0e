import {
  AttuneError,
  listFaults,
  type BatchTensors,
  type ForwardOptions,
  type GraphBuilder,
  type ModelOutputs,
  type Tensor,
} from '@attune/core';
import { withForwardOptions } from './forward-scope.js';
import { Module, nameParts, type NamedParts } from './module.js';
import type { Param } from './param.js';

/** The module at the root of a model: it names everything below, and begins forward passes. */
export abstract class RootModule<Outputs extends ModelOutputs = ModelOutputs> extends Module {
  #parts: NamedParts | undefined;
  /** The parameters of adapters, and the names of those of the model's own that have other values with them. */
  #adapters: { readonly own: Set<Param>; readonly changed: Set<string> } | undefined;

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
   * Writes the forward pass into a graph.
   *
   * @throws AttuneError SHAPE_MISMATCH if the batch is none for the model; INVALID_ARGUMENT for `adapters: false` where
   * there is no model without them.
   */
  forward(g: GraphBuilder, batch: BatchTensors, options?: ForwardOptions): Outputs {
    return this.within(g, options, () => this.build(g, batch));
  }

  /** Writes the layers of the forward pass into a graph. Each layer asks the graph for the options of the pass. */
  protected abstract build(g: GraphBuilder, batch: BatchTensors): Outputs;

  /** Writes part of a forward pass with options into a graph. */
  protected within<T extends Tensor | Outputs>(
    g: GraphBuilder,
    options: ForwardOptions = {},
    write: () => T,
  ): T {
    if (options.adapters === false) this.requireBase();
    return withForwardOptions(g, options, write);
  }

  /**
   * Notes that adapters were added. The values that `changed` parameters of the model's own had without them are lost.
   *
   * @param own the adapters' parameters.
   * @param changed names of the model's parameters that are trained with the adapters, or came with them.
   */
  noteAdapters(own: Iterable<Param>, changed: Iterable<string>): void {
    const { own: params = [], changed: names = [] } = this.#adapters ?? {};
    this.#adapters = { own: new Set([...params, ...own]), changed: new Set([...names, ...changed]) };
  }

  /** @throws AttuneError INVALID_ARGUMENT if there is no model without adapters. */
  private requireBase(): void {
    if (!this.#adapters) {
      throw new AttuneError(
        'INVALID_ARGUMENT',
        'The model has no adapters that a forward pass could leave out.',
        {
          fix: 'Add adapters with applyLora, or keep the base model as a model of its own.',
        },
      );
    }
    const { own, changed } = this.#adapters;
    const trained = this.parameters.filter((parameter) => parameter.trainable && !own.has(parameter));
    const lost = [...new Set([...changed, ...trained.map(({ name }) => name)])];
    if (lost.length === 0) return;
    throw new AttuneError(
      'INVALID_ARGUMENT',
      `A forward pass without adapters needs the model as it was, but these change with them: ${listFaults(lost)}.`,
      {
        fix: 'Adapt it without modulesToSave and with bias none, or keep the base model as a model of its own.',
      },
    );
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
