import { cFunction } from '../library/c-function.js';

/** Lets other threads of the machine run. Where the C library has no such function, returns at once. */
export const yieldProcessor: () => void = cFunction<() => void>('int sched_yield()') ?? (() => undefined);
