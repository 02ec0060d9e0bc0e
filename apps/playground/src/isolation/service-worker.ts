/**
 * A service worker for servers that send no headers: adds those of cross-origin isolation, and the policy, to the files
 * of the page. It keeps no files, so nothing that it serves can be out of date. The build writes it as one script beside
 * the page, with the headers in it: it imports nothing.
 */

/** Put in by the build. */
declare const ADDED_HEADERS: Readonly<Record<string, string>>;

/** Events and members of a service worker that are used here; TypeScript's own declarations exclude those of a page. */
interface LifecycleEvent extends Event {
  waitUntil(done: Promise<unknown>): void;
}
interface FetchEvent extends LifecycleEvent {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}
interface ServiceWorkerScope {
  readonly registration: ServiceWorkerRegistration;
  skipWaiting(): Promise<void>;
  addEventListener(type: 'install', listener: (event: LifecycleEvent) => void): void;
  addEventListener(type: 'fetch', listener: (event: FetchEvent) => void): void;
}

const scope = globalThis as unknown as ServiceWorkerScope;

const OPENER = 'cross-origin-opener-policy';
const EMBEDDER = 'cross-origin-embedder-policy';

const isIsolating = ({ headers }: Response): boolean =>
  headers.get(OPENER) === 'same-origin' &&
  ['require-corp', 'credentialless'].includes(headers.get(EMBEDDER) ?? '');

function withHeaders(response: Response): Response {
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(ADDED_HEADERS)) {
    // A weaker isolation would be none; any other header is the server's to choose.
    if (!headers.has(name) || [OPENER, EMBEDDER].includes(name.toLowerCase())) headers.set(name, value);
  }
  const { status, statusText } = response;
  // Responses of these have no body, and may be given none.
  const body = [101, 204, 205, 304].includes(status) ? null : response.body;
  return new Response(body, { status, statusText, headers });
}

/** True for the page and its files alone: a site may have other pages below this one. */
function isOfPage(url: string): boolean {
  const { origin, pathname } = new URL(url);
  const page = new URL(scope.registration.scope);
  if (origin !== page.origin || !pathname.startsWith(page.pathname)) return false;
  const path = pathname.slice(page.pathname.length);
  return ['', 'index.html'].includes(path) || path.startsWith('assets/');
}

async function respond(request: Request): Promise<Response> {
  const response = await fetch(request);
  // The browser follows a redirect itself, and asks again for where it leads.
  if (response.type === 'opaqueredirect' || response.type === 'error') return response;
  if (request.mode === 'navigate' && isIsolating(response)) {
    // The server sends the headers by now.
    await scope.registration.unregister();
    return response;
  }
  return withHeaders(response);
}

// A new version has nothing to wait for: there is no state that the old one shares with its pages.
scope.addEventListener('install', (event) => event.waitUntil(scope.skipWaiting()));

scope.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method === 'GET' && isOfPage(request.url)) event.respondWith(respond(request));
});
