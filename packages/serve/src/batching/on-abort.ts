const listeners = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls back when a signal aborts. However many wait for one signal, it has one listener: platforms warn of many, and one client
 * may ask for many texts.
 *
 * @returns ends the waiting.
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  const known = listeners.get(signal);
  const callbacks = known ?? new Set();
  callbacks.add(callback);
  if (!known) {
    listeners.set(signal, callbacks);
    const tell = () => [...callbacks].forEach((each) => each());
    signal.addEventListener('abort', tell, { once: true });
  }
  return () => void callbacks.delete(callback);
}
