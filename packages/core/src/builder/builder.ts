import { AttuneError } from '../errors/index.js';
import type { Attributes } from '../graph/attributes.js';
import type { Tensor } from '../graph/tensor.js';
import { Vocabulary } from '../graph/vocabulary.js';
import { finishProgram } from '../program/finish-program.js';
import type { Program } from '../program/program.js';
import type { TensorSpec } from '../tensor/index.js';
import { opDefinition } from './op-definition.js';

/**
 * Writes a graph, op by op, checking shapes and dtypes as it goes.
 *
 * Nodes that no output or update needs are left out by {@link GraphBuilder.build}.
 */
export class GraphBuilder extends Vocabulary {
  private readonly outputs = new Map<string, Tensor>();
  private readonly updates = new Map<string, Tensor>();
  private guardName?: string;

  protected override infer(op: string, inputs: readonly Tensor[], attrs: Attributes): readonly TensorSpec[] {
    return opDefinition(op).infer(inputs, attrs);
  }

  /** Replaces a tensor of the state, when the run is done. */
  update(name: string, value: Tensor): void {
    if (this.updates.has(name)) {
      throw new AttuneError(
        'INVALID_ARGUMENT',
        `State "${name}" is updated twice in program "${this.name}".`,
      );
    }
    this.declare(this.stateSpecs, 'state', name, { shape: value.shape, dtype: value.dtype });
    this.updates.set(name, value);
  }

  /** Sends a tensor to the host after every run. */
  output(name: string, value: Tensor): void {
    if (this.outputs.has(name)) {
      throw new AttuneError('INVALID_ARGUMENT', `Output "${name}" is named twice in program "${this.name}".`);
    }
    this.outputs.set(name, value);
  }

  /**
   * Makes the updates conditional: where `condition`, a bool scalar, is false, the state stays as it was before the run.
   * The condition is also an output under `name`, so that the caller learns of it.
   */
  guard(name: string, condition: Tensor): void {
    if (this.guardName !== undefined) {
      throw new AttuneError(
        'INVALID_ARGUMENT',
        `Program "${this.name}" has a guard already: "${this.guardName}".`,
      );
    }
    this.output(name, condition);
    this.guardName = name;
  }

  /**
   * The program: what the outputs and updates need, and nothing else. Feeds are kept even where unused.
   * With `updates: false` the updates are left out: a program that only looks.
   */
  build({ updates = true }: { readonly updates?: boolean } = {}): Program {
    return finishProgram(this.name, this.nodes, {
      feeds: this.feedSpecs,
      state: this.stateSpecs,
      outputs: this.outputs,
      updates: updates ? this.updates : new Map<string, Tensor>(),
      guard: this.guardName,
    });
  }
}

/** A graph whose nodes are copied from it, rather than computed: as they stand, they may be larger than any that are. */
class ScratchGraph extends GraphBuilder {
  protected override checkSize(): void {
    // The graph that they are copied to checks them.
  }
}

/** Returns a graph whose nodes are to be copied into others, which check their sizes. */
export function scratchGraph(name: string): GraphBuilder {
  return new ScratchGraph(name);
}
