import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';

/** Reads a file that the page asks for, by its path. */
export type FileLoader = (path: string) => Promise<Uint8Array>;

/** Keeps a file that the page has made, under its path. */
export type FileSaver = (path: string, bytes: Uint8Array) => Promise<void>;

/** The options of a server. */
export interface ServerOptions {
  /** The folder of the bundle. */
  readonly folder: string;
  /** The files under `/files/`. */
  readonly files?: FileLoader;
  /** Where what the page puts there goes. */
  readonly save?: FileSaver;
  readonly crossOriginIsolated: boolean;
}

/** A page that runs the tests itself. */
const page =
  '<!doctype html><title>attune tests</title><link rel="icon" href="data:," /><script type="module" src="/tests.js"></script>';

/** A page that passes every call on to a worker. */
const workerPage = `<!doctype html><title>attune tests</title><link rel="icon" href="data:," /><script type="module">
  const worker = new Worker('/tests.js', { type: 'module' });
  const calls = [];
  const call = (id) => new Promise((resolve) => {
    worker.postMessage({ call: calls.push(resolve) - 1, id });
  });
  worker.onmessage = ({ data: { call, result } }) => calls[call](result);
  worker.onerror = ({ message }) => calls.forEach((resolve) => resolve({ error: { message: 'Worker: ' + message } }));
  globalThis.attuneTests = { suite: () => call(), run: (id) => call(id) };
</script>`;

const pages: Readonly<Record<string, string>> = { '/page.html': page, '/worker.html': workerPage };

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
  '.html': 'text/html',
  '.json': 'application/json',
};

/** Cross-origin isolation, without which a browser gives no SharedArrayBuffer. */
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** Under it is what comes from the spec, and what goes there. */
const FILES = '/files/';

async function read(path: string, { folder, files }: ServerOptions): Promise<Uint8Array | string> {
  if (pages[path]) return pages[path];
  if (path.startsWith(FILES) && files) return files(path.slice(FILES.length));
  // Normalised from the root, so that it stays within the folder.
  return readFile(join(folder, normalize(path)));
}

async function save(path: string, request: IncomingMessage, { save }: ServerOptions): Promise<string> {
  if (!save || !path.startsWith(FILES)) throw new Error('Nothing is kept.');
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  await save(path.slice(FILES.length), Buffer.concat(chunks));
  return 'saved';
}

/** The bytes that a `Range` header asks for, where it is one range with both ends. */
function partOf(body: Uint8Array, header: string | undefined) {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(header ?? '') ?? [];
  if (first === undefined || last === undefined || Number(first) >= body.byteLength) return undefined;
  const bytes = body.subarray(Number(first), Number(last) + 1);
  return { bytes, range: `bytes ${first}-${Number(first) + bytes.byteLength - 1}/${body.byteLength}` };
}

/** A server for this machine alone. */
export class PageServer {
  private constructor(
    private readonly server: Server,
    readonly origin: string,
  ) {}

  static async start(options: ServerOptions): Promise<PageServer> {
    const answer = async (request: IncomingMessage, response: ServerResponse) => {
      const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
      const body = await (
        request.method === 'PUT' ? save(path, request, options) : read(path, options)
      ).catch(() => undefined);
      const headers = {
        'Content-Type': types[extname(path)] ?? 'application/octet-stream',
        ...(options.crossOriginIsolated && isolation),
      };
      const part = body instanceof Uint8Array ? partOf(body, request.headers.range) : undefined;
      if (part) response.writeHead(206, { ...headers, 'Content-Range': part.range }).end(part.bytes);
      else response.writeHead(body === undefined ? 404 : 200, headers).end(body ?? 'not found');
    };
    const server = createServer((request, response) => void answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new PageServer(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
