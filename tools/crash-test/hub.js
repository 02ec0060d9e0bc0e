import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

const PIECE = 16_384;

/** Serves a folder as the hub would the one model `org/tiny`, slowly enough that a kill finds a file half there. */
export async function serveAsHub(folder) {
  const commit = 'c'.repeat(40);
  const files = new Map();
  for (const name of await readdir(folder)) files.set(name, await readFile(join(folder, name)));
  const gitSha1 = (content) =>
    createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
  const answer = (path) => {
    if (path === '/api/models/org/tiny/revision/main') return JSON.stringify({ id: 'org/tiny', sha: commit });
    if (path === `/api/models/org/tiny/tree/${commit}`) {
      const entries = [...files].map(([name, content]) => ({
        ...{ type: 'file', path: name },
        ...{ size: content.length, oid: gitSha1(content) },
      }));
      return JSON.stringify(entries);
    }
    return files.get(path.slice(`/org/tiny/resolve/${commit}/`.length));
  };
  const server = createServer(async (request, response) => {
    const body = answer(request.url.split('?')[0]);
    if (body === undefined) return void response.writeHead(404).end();
    const bytes = Buffer.from(body);
    const [, from] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
    const start = Number(from ?? 0);
    response.writeHead(from === undefined ? 200 : 206, {
      'content-length': bytes.length - start,
      ...(from !== undefined && { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` }),
    });
    for (let at = start; at < bytes.length && !response.destroyed; at += PIECE) {
      response.write(bytes.subarray(at, at + PIECE));
      await setTimeout(5);
    }
    response.end();
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    endpoint: `http://127.0.0.1:${server.address().port}`,
    commit,
    files,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
