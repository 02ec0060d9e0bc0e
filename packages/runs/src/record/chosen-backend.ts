import type { EngineChoice } from '@attune/core';

/** The backend to make: its name, or that of its package, and which of its engines. */
export interface ChosenBackend extends EngineChoice {
  readonly backend: string;
}
