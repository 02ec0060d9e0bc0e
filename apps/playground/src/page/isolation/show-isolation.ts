import { create } from '../parts/elements.js';
import { useServiceWorker, type Isolation } from './isolate.js';

function sentences(isolation: Isolation): string {
  if (isolation.by === 'server') return '';
  if (isolation.by === 'service worker') {
    return 'WebAssembly may use threads: a service worker of this page adds the headers that its server does not send.';
  }
  return (
    'WebAssembly trains on one thread here. Threads need a page that is cross-origin isolated. Its server does not ' +
    'send the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp, and ' +
    `the service worker that would add them ${isolation.reason}.`
  );
}

/** Says where threads come from, or why there are none, in a note that is hidden where the server sends the headers. */
export function showIsolation(note: HTMLElement, isolation: Isolation): void {
  note.hidden = isolation.by === 'server';
  note.replaceChildren(sentences(isolation));
  const isOn = isolation.by === 'service worker';
  if (isolation.by !== 'server' && (isOn || isolation.canTurnOn)) {
    const button = create('button', {
      type: 'button',
      className: 'link',
      textContent: isOn ? 'Turn it off' : 'Turn it on',
    });
    button.addEventListener('click', () => void useServiceWorker(!isOn));
    note.append(' ', button);
  }
}
