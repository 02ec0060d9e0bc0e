import { exchangeNumbers, type Communicator } from '@attune/core';
import type { Ranks } from './ranks.js';

/** The wishes of a process after a step. */
export interface StepWishes {
  /** The run is to end. */
  readonly stop: boolean;
  /** A checkpoint is wanted besides those that the configuration asks for. */
  readonly checkpoint: boolean;
  /** Seconds since training began. */
  readonly seconds: number;
}

/** The wishes that count. */
export interface AgreedWishes extends StepWishes {
  /** Asks every rank. Where there is one process, its wishes count as they are at any moment. */
  agree(): Promise<void>;
}

/** Hands the wishes of each rank to all: all stop where one is to, and the clock of rank 0 counts. */
async function exchange(communicator: Communicator, own: StepWishes): Promise<StepWishes> {
  const wishes = await exchangeNumbers(communicator, [Number(own.stop), Number(own.checkpoint), own.seconds]);
  return {
    stop: wishes.some(([stop]) => stop !== 0),
    checkpoint: wishes.some(([, checkpoint]) => checkpoint !== 0),
    seconds: wishes[0]![2]!,
  };
}

/** The wishes that all ranks of a run act on: between two steps, they are the same on each. */
export function agreedWishes(own: StepWishes, ranks: Ranks | undefined): AgreedWishes {
  if (!ranks) {
    return {
      get stop() {
        return own.stop;
      },
      get checkpoint() {
        return own.checkpoint;
      },
      get seconds() {
        return own.seconds;
      },
      agree: async () => undefined,
    };
  }
  let [stop, checkpoint, seconds] = [false, false, 0];
  return {
    get stop() {
      return stop;
    },
    /** Granted once. */
    get checkpoint() {
      const wanted = checkpoint;
      checkpoint = false;
      return wanted;
    },
    get seconds() {
      return seconds;
    },
    async agree() {
      const wishes = await exchange(ranks.communicator, own);
      stop ||= wishes.stop;
      checkpoint ||= wishes.checkpoint;
      ({ seconds } = wishes);
    },
  };
}
