import type { RunAudience, RunObserver } from './observer.js';

const ignore = () => undefined;

/** An audience that hears of some of what happens, or of nothing, and never ends a run. */
export function audience(observer: Partial<RunObserver> = {}): RunAudience {
  return {
    observer: {
      ...{ begins: ignore, step: ignore, evaluated: ignore, sampled: ignore, stopped: ignore, ended: ignore },
      ...observer,
    },
    listen: () => ({ aborted: false, dispose: ignore }),
  };
}
