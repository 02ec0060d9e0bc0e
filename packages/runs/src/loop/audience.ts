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

/**
 * An audience with one more observer, which hears all that happens and cannot disturb the run: one that throws is told
 * nothing more.
 *
 * @param onFault called with what the observer threw.
 */
export function watchedBy(
  watched: RunAudience,
  watcher: RunObserver,
  onFault: (error: unknown) => void,
): RunAudience {
  const { observer } = watched;
  let works = true;
  const tell = (news: () => void) => {
    if (!works) return;
    try {
      news();
    } catch (error) {
      works = false;
      onFault(error);
    }
  };
  /** Tells both, the one who can end the run first. */
  const both = <News extends unknown[]>(
    first: ((...news: News) => void) | undefined,
    second: ((...news: News) => void) | undefined,
  ) => {
    return (...news: News) => {
      first?.apply(observer, news);
      tell(() => second?.apply(watcher, news));
    };
  };
  return {
    listen: () => watched.listen(),
    wantsCheckpoint: () => watched.wantsCheckpoint?.() ?? false,
    observer: {
      begins: both(observer.begins, watcher.begins),
      step: both(observer.step, watcher.step),
      evaluated: both(observer.evaluated, watcher.evaluated),
      sampling: both(observer.sampling, watcher.sampling),
      sampled: both(observer.sampled, watcher.sampled),
      checkpoint: both(observer.checkpoint, watcher.checkpoint),
      stopped: both(observer.stopped, watcher.stopped),
      ended: both(observer.ended, watcher.ended),
    },
  };
}
