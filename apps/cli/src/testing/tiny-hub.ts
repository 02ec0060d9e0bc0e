import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** A hub on this machine that has one model. */
export interface TinyHub {
  readonly endpoint: string;
  readonly commit: string;
  /** The addresses that were asked for. */
  readonly asked: string[];
  /** The `authorization` headers of the requests. */
  readonly tokens: readonly (string | undefined)[];
  close(): Promise<void>;
}

const gitSha1 = (content: Uint8Array) =>
  createHash('sha1').update(`blob ${content.byteLength}\0`).update(content).digest('hex');

/** Serves a folder as the hub would, which is tested in all its ways in `@attune/hub`. */
export async function serveAsHub(folder: string, id = 'org/tiny'): Promise<TinyHub> {
  const commit = 'c'.repeat(40);
  const asked: string[] = [];
  const tokens: (string | undefined)[] = [];
  const answer = async (path: string): Promise<string | Uint8Array | undefined> => {
    const [, file] = new RegExp(`^/${id}/resolve/${commit}/([^/]+)$`).exec(path) ?? [];
    if (file) return readFile(join(folder, file));
    if (path === `/api/models/${id}/revision/main`) return JSON.stringify({ id, sha: commit });
    if (path !== `/api/models/${id}/tree/${commit}`) return undefined;
    const entries = (await readdir(folder)).map(async (name) => {
      const content = await readFile(join(folder, name));
      return { type: 'file', path: name, size: content.byteLength, oid: gitSha1(content) };
    });
    return JSON.stringify(await Promise.all(entries));
  };
  const server = createServer((request, response) => {
    const [path = ''] = (request.url ?? '').split('?');
    asked.push(path);
    tokens.push(request.headers.authorization);
    void answer(path).then((body) => response.writeHead(body === undefined ? 404 : 200).end(body));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    commit,
    asked,
    tokens,
    close: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
