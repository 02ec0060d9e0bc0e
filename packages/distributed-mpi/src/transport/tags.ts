/** Tags of messages. MPI allows numbers up to 32,767 everywhere. */
export const tags = {
  /** Signs of life, and news of ranks that are lost. */
  heartbeat: 0,
  /** Descriptions of calls. */
  header: 1,
} as const;

const FIRST = 2;
const CALLS = 8192;

/** The tags of call `number`: what travels to be summed, and what is handed on. Those of neighbouring calls differ. */
export function tagsOf(number: number): { readonly reduce: number; readonly gather: number } {
  const reduce = FIRST + 2 * (number % CALLS);
  return { reduce, gather: reduce + 1 };
}
