import { isAttuneError } from '@attune/core';
import type { RunAudience, RunObserver, StopRequest } from '@attune/runs';
import { SavePace } from './save-pace.js';

/** The page that watches a run, and may stop it or have it saved. What it is told of the run is the subclass's. */
export abstract class PageAudience implements RunAudience {
  /** Set from outside, seen after the step in progress. */
  stopping = false;
  saving = false;
  protected readonly pace = new SavePace(() => performance.now());
  abstract readonly observer: RunObserver;

  /** Runs what trains, with this as its audience. Resolves when the run is stopped or at its end, and saved. */
  async watch(run: (audience: RunAudience) => Promise<void>): Promise<'paused' | 'finished'> {
    try {
      await run(this);
      return 'finished';
    } catch (error) {
      if (isAttuneError(error, 'INTERRUPTED')) return 'paused';
      throw error;
    }
  }

  listen(): StopRequest {
    const isAborted = () => this.stopping;
    return {
      get aborted() {
        return isAborted();
      },
      dispose: () => undefined,
    };
  }

  /** A tab may be killed at any time, and then says nothing. */
  wantsCheckpoint(): boolean {
    return this.saving || this.pace.isDue();
  }
}
