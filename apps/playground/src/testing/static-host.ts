import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
};

/** A host of static files, which sends the headers that a test gives it and no others. */
export interface StaticHost {
  /** The address of the page, in a folder of the host. */
  readonly url: string;
  /** Sent with every file. A test may change them. */
  headers: Readonly<Record<string, string>>;
  /** Contents in place of those of files, by their names; `undefined` for a file that is not found. */
  readonly replaced: Map<string, string | undefined>;
  /** How many times each path was requested, `''` for the page. */
  readonly requests: Map<string, number>;
  close(): Promise<void>;
}

/** Serves a folder at a path that is not the root of its server. */
export async function openStaticHost(folder: string): Promise<StaticHost> {
  const base = '/site/playground/';
  const replaced = new Map<string, string | undefined>();
  const requests = new Map<string, number>();
  const server = createServer((request, response) => {
    const path = new URL(request.url!, 'http://localhost').pathname.slice(base.length);
    requests.set(path, (requests.get(path) ?? 0) + 1);
    const file = path || 'index.html';
    const content = replaced.has(path) ? Promise.resolve(replaced.get(path)) : readFile(join(folder, file));
    content.then(
      (body) => {
        if (body === undefined) return response.writeHead(404).end();
        return response.writeHead(200, { 'content-type': types[extname(file)], ...host.headers }).end(body);
      },
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const host: StaticHost = {
    url: `http://127.0.0.1:${port}${base}`,
    headers: {},
    replaced,
    requests,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return host;
}
