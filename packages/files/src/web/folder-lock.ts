import { AttuneError } from '@attune/core';

/** The part of the Web Locks API that is used here: `navigator.locks`. */
export interface LockManager {
  request(
    name: string,
    options: { readonly signal: AbortSignal },
    whileHeld: () => Promise<void>,
  ): Promise<unknown>;
}

/** How long to wait for a tab that is just being closed. */
const PATIENCE_MS = 3000;

/**
 * Takes a lock of this site, which one tab or worker has at a time. It ends with the tab or worker.
 *
 * @param path of what is locked, for messages.
 * @param patienceMs how long to wait for whoever has it.
 * @returns what gives it back.
 * @throws AttuneError RUN_LOCKED.
 */
export async function takeWebLock(
  name: string,
  path: string,
  locks: LockManager,
  patienceMs = PATIENCE_MS,
): Promise<() => void> {
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  try {
    await new Promise<void>((taken, failed) => {
      const whileHeld = () => {
        taken();
        return held;
      };
      locks.request(name, { signal: AbortSignal.timeout(patienceMs) }, whileHeld).catch(failed);
    });
    return release;
  } catch (cause) {
    throw new AttuneError('RUN_LOCKED', `Another tab is working in ${path}.`, {
      fix: 'Go on there, or close it and load this page again.',
      cause,
    });
  }
}
