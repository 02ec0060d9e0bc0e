import type { MachineFacts } from './facts.js';

/**
 * `ok`: nothing to do. `warning`: attune trains, but less well than it could, or a part of it does not work. `fault`: nothing
 * can be trained, or not what was asked for, until it is mended.
 */
export type FindingState = 'ok' | 'warning' | 'fault';

/** One thing that was looked at, and how it is here. */
export interface Finding {
  /** A name that stays: programs tell findings by it. */
  readonly id: string;
  readonly state: FindingState;
  readonly text: string;
  /** The next thing to do about it. */
  readonly fix?: string;
}

/** Looks at one thing. It reads nothing but the facts: what is not known of the machine is no finding. */
export type Check = (facts: MachineFacts) => readonly Finding[];

export const ok = (id: string, text: string): Finding => ({ id, state: 'ok', text });

export const warning = (id: string, text: string, fix: string): Finding => ({
  ...{ id, state: 'warning', text, fix },
});

export const fault = (id: string, text: string, fix: string): Finding => ({ id, state: 'fault', text, fix });
