/** A hub on this machine that answers as a case says. Notes where the token was sent to. */
import { createServer } from 'node:http';
import { TOKEN } from './places.js';

async function listen(handle) {
  const server = createServer(handle);
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((done) => server.close(done));
    },
  };
}

/**
 * Starts a hub, and another origin which must never see the token.
 *
 * @param answer `(request, response, elsewhere) => void`, with the address of the other origin
 */
export async function serve(answer) {
  const faults = [];
  const other = await listen((request, response) => {
    if (JSON.stringify(request.headers).includes(TOKEN)) faults.push('sends the token to another server');
    response.end('{}');
  });
  const hub = await listen((request, response) => answer(request, response, other.origin));
  return {
    endpoint: hub.origin,
    faults: () => faults,
    close: () => Promise.all([hub.close(), other.close()]),
  };
}
