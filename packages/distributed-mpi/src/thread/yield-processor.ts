import koffi from 'koffi';

/** Lets other threads of the machine run. Where the C library has no such function, returns at once. */
export const yieldProcessor: () => void = (() => {
  try {
    return koffi.load(null).func('int sched_yield()') as () => void;
  } catch {
    return () => undefined;
  }
})();
