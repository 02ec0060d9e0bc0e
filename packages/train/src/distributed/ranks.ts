import type { Backend, Communicator, State, StopReason } from '@attune/core';
import { Agreement, type BeforeStep } from './agreement.js';
import { broadcastTensors } from './tensors-of-ranks.js';

/** The ranks of a run, as its trainer deals with them: they begin with the same tensors, and keep to the same course. */
export class Ranks {
  private readonly agreement: Agreement;
  /** True if all ranks hold the model of rank 0. */
  private isEqual = false;

  constructor(
    readonly communicator: Communicator,
    backend: Backend,
    trained: readonly string[],
  ) {
    this.agreement = new Agreement(communicator, backend, trained);
  }

  /**
   * Gives all ranks the parameters and buffers of rank 0, unless they have them: initialisers and files need not give the
   * same to the bit on all machines.
   */
  async equalize(model: State): Promise<void> {
    if (this.isEqual) return;
    await broadcastTensors(this.communicator, model, Object.keys(model.spec));
    this.isEqual = true;
  }

  /** Takes note that all ranks hold the same model now, or that they may not. */
  setEqual(isEqual: boolean): void {
    this.isEqual = isEqual;
  }

  /** Before the first step of a `fit`. @throws AttuneError RANKS_DISAGREE if one of the facts differs between ranks. */
  async begin(model: State, facts: Readonly<Record<string, unknown>>): Promise<void> {
    await this.agreement.begin(facts);
    await this.equalize(model);
  }

  /** Before each step: the reason to stop, if there is one. See {@link Agreement.nextStep}. */
  nextStep(before: BeforeStep, model?: State): Promise<StopReason | undefined> {
    return this.agreement.nextStep(before, model);
  }

  /** Waits for the end of the data, which must come on all ranks at once. @throws AttuneError RANKS_DISAGREE where it does not. */
  endOfData(): Promise<void> {
    return this.communicator.barrier();
  }
}
