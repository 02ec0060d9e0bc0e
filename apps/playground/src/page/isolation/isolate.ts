/** How the page became cross-origin isolated; or why it did not, which the page then tells its user. */
export type Isolation =
  | { readonly by: 'server' }
  | { readonly by: 'service worker' }
  | { readonly by: 'nothing'; readonly reason: string; readonly canTurnOn: boolean };

/** The script of `src/isolation`, which the build writes beside the page. */
const SCRIPT = 'isolation-worker.js';
/** A service worker that does not start in this time is one for the next time. */
const PATIENCE_MS = 5000;

const where = (): string => new URL('.', document.baseURI).pathname;

/** The mark of an entry of the tab's history: it was loaded once more for its isolation. */
const RELOADED = 'reloaded for isolation';

/**
 * True from the one reload until the page is isolated, so that there is no second. A session's storage would not do:
 * Chromium keeps a copy for pages that are isolated and another for those that are not.
 */
const wasReloaded = (): boolean => history.state === RELOADED;
const markReloaded = (isReloaded: boolean) => history.replaceState(isReloaded ? RELOADED : null, '');

/** Kept while the user wants no service worker. */
const turnedOffKey = `attune-playground ${where()} without a service worker`;

/** False, too, if the browser keeps nothing, as when it blocks all cookies: then it has no service workers either. */
function isTurnedOff(): boolean {
  try {
    return localStorage.getItem(turnedOffKey) !== null;
  } catch {
    return false;
  }
}

const without = (reason: string, canTurnOn = false): Isolation => ({ by: 'nothing', reason, canTurnOn });

async function startServiceWorker(container: ServiceWorkerContainer): Promise<void> {
  // From the server each time: an old script from a cache would keep old headers.
  await container.register(new URL(SCRIPT, document.baseURI), { scope: where(), updateViaCache: 'none' });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('it took too long')), PATIENCE_MS);
  });
  await Promise.race([container.ready, late]).finally(() => clearTimeout(timer));
}

/**
 * Gets the page cross-origin isolated, without which WebAssembly has no threads: by the headers of its server or else by
 * a service worker that adds them, for which the page is loaded once more. Then the promise stays pending.
 */
export async function isolate(): Promise<Isolation> {
  const container = (navigator as { readonly serviceWorker?: ServiceWorkerContainer }).serviceWorker;
  if (crossOriginIsolated) {
    if (wasReloaded()) markReloaded(false);
    const isServed = container?.controller?.scriptURL.endsWith(`/${SCRIPT}`) ?? false;
    return { by: isServed ? 'service worker' : 'server' };
  }
  if (isTurnedOff()) return without('was turned off', true);
  if (window.top !== window) return without('cannot do so for a page inside of another');
  if (!container) {
    return without(
      isSecureContext ? 'is not supported by this browser' : 'needs an address that begins with https://',
    );
  }
  if (wasReloaded()) return without('has no effect in this browser');
  try {
    await startServiceWorker(container);
  } catch (error) {
    return without(`could not be started (${error instanceof Error ? error.message : String(error)})`);
  }
  markReloaded(true);
  location.reload();
  return new Promise(() => undefined);
}

/** Removes the service worker, or lets the page have it again. Loads the page again. */
export async function useServiceWorker(isWanted: boolean): Promise<void> {
  if (isWanted) localStorage.removeItem(turnedOffKey);
  else localStorage.setItem(turnedOffKey, '1');
  markReloaded(false);
  const { serviceWorker } = navigator as { readonly serviceWorker?: ServiceWorkerContainer };
  const registration = await serviceWorker?.getRegistration(where());
  // Of a page above this one, such as a documentation site's, it is none of this page's.
  if (!isWanted && registration?.active?.scriptURL.endsWith(`/${SCRIPT}`)) await registration.unregister();
  location.reload();
}
