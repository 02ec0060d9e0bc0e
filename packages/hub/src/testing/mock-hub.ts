import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The token that the mock's owner has. */
export const GOOD_TOKEN = 'hf_good_token_0123456789';

export const sha256 = (content: Uint8Array) => createHash('sha256').update(content).digest('hex');

/** Git's hash of a blob. */
export const gitSha1 = (content: Uint8Array) =>
  createHash('sha1').update(`blob ${content.byteLength}\0`).update(content).digest('hex');

/** A model on the mock. */
export interface MockRepository {
  commit: string;
  /** Files by path; those that end in `.safetensors` or `.bin` are in large file storage. */
  files: Record<string, string | Uint8Array>;
  access?: 'public' | 'gated' | 'private';
  /** Beside `main`. */
  revisions?: readonly string[];
}

/** A request that came in. */
export interface SeenRequest {
  readonly at: 'hub' | 'storage';
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
}

/** Handles a request instead of the mock, if it returns `true`. */
export type Intercept = (
  request: IncomingMessage,
  response: ServerResponse,
  at: 'hub' | 'storage',
) => boolean | void;

const originOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const isLarge = (name: string) => /\.(safetensors|bin|gguf|onnx)$/.test(name);

/**
 * A hub on this machine, with a storage of another origin: the endpoints, headers and redirects that the real one has
 * for reading models, and on demand all that it must not do.
 */
export class MockHub {
  readonly repositories = new Map<string, MockRepository>();
  readonly requests: SeenRequest[] = [];
  intercept: Intercept | undefined;
  readonly endpoint: string;
  readonly storageOrigin: string;
  /** Entries on a page of the list of files. */
  pageSize = 1000;

  private constructor(
    private readonly hub: Server,
    private readonly storage: Server,
  ) {
    this.endpoint = originOf(hub);
    this.storageOrigin = originOf(storage);
  }

  static async start(): Promise<MockHub> {
    const handle = (at: 'hub' | 'storage') => (request: IncomingMessage, response: ServerResponse) => {
      mock.requests.push({ at, url: request.url ?? '', headers: request.headers });
      if (mock.intercept?.(request, response, at)) return;
      if (at === 'hub') mock.answer(request, response);
      else mock.sendStored(request, response);
    };
    const [hub, storage] = [createServer(handle('hub')), createServer(handle('storage'))];
    for (const server of [hub, storage]) {
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    }
    const mock = new MockHub(hub, storage);
    return mock;
  }

  async close(): Promise<void> {
    for (const server of [this.hub, this.storage]) {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    }
  }

  /** The requests for a file's content, where it is stored. */
  downloadsOf(name: string): SeenRequest[] {
    const direct = ({ at, url }: SeenRequest) =>
      isLarge(name) ? at === 'storage' : at === 'hub' && url.includes('/resolve-cache/');
    return this.requests.filter((seen) => direct(seen) && seen.url.split('?')[0]!.endsWith(`/${name}`));
  }

  content(repository: MockRepository, name: string): Buffer | undefined {
    const file = repository.files[name];
    return file === undefined ? undefined : Buffer.from(file);
  }

  entry(repository: MockRepository, name: string): Record<string, unknown> {
    const content = this.content(repository, name)!;
    const size = content.byteLength;
    if (!isLarge(name)) return { type: 'file', oid: gitSha1(content), size, path: name };
    const oid = sha256(content);
    const pointer = Buffer.from(
      `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize ${size}\n`,
    );
    const lfs = { oid, size, pointerSize: pointer.byteLength };
    return { type: 'file', oid: gitSha1(pointer), size, lfs, path: name };
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url!, this.endpoint);
    const [, organisation, model, ...rest] = url.pathname
      .replace(/^\/api\/(models|resolve-cache\/models)/, '')
      .split('/');
    const name = `${organisation}/${model}`;
    const repository = this.repositories.get(name);
    const authorized = request.headers.authorization === `Bearer ${GOOD_TOKEN}`;
    const isApi = url.pathname.startsWith('/api/models/');
    const fail = (status: number, code: string) => {
      response.writeHead(status, { 'x-error-code': code, 'content-type': 'application/json' });
      // A careless server says what it was sent.
      response.end(JSON.stringify({ error: `${code}: ${request.headers.authorization}` }));
    };
    if (!repository || (repository.access === 'private' && !authorized)) {
      return fail(request.headers.authorization === undefined ? 401 : 404, 'RepoNotFound');
    }
    if (repository.access === 'gated' && !authorized && !isApi) {
      return fail(request.headers.authorization === undefined ? 401 : 403, 'GatedRepo');
    }
    const [action, encoded = '', ...path] = rest;
    const revision = decodeURIComponent(encoded);
    if (!['main', repository.commit, ...(repository.revisions ?? [])].includes(revision)) {
      return fail(404, 'RevisionNotFound');
    }
    if (isApi && action === 'revision') return this.sendInfo(name, repository, response);
    if (isApi && action === 'tree') return this.sendTree(repository, url, response);
    this.sendFile(name, repository, {
      action,
      path: path.map(decodeURIComponent).join('/'),
      request,
      response,
      fail,
    });
  }

  private sendInfo(name: string, repository: MockRepository, response: ServerResponse): void {
    const { commit: sha, access = 'public' } = repository;
    const dates = { lastModified: '2026-01-02T03:04:05.000Z' };
    const info = {
      _id: '1',
      id: name,
      sha,
      private: access === 'private',
      gated: access === 'gated' && 'auto',
    };
    response.setHeader('content-type', 'application/json');
    const siblings = Object.keys(repository.files).map((rfilename) => ({ rfilename }));
    response.end(JSON.stringify({ ...info, ...dates, siblings, downloads: 1, likes: 1 }));
  }

  private sendTree(repository: MockRepository, url: URL, response: ServerResponse): void {
    const all = url.searchParams.get('recursive') === 'true';
    const names = Object.keys(repository.files).filter((name) => all || !name.includes('/'));
    const begin = Number(url.searchParams.get('cursor') ?? 0);
    const end = begin + this.pageSize;
    if (end < names.length) {
      url.searchParams.set('cursor', String(end));
      response.setHeader('link', `<${url.href}>; rel="next"`);
    }
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(names.slice(begin, end).map((name) => this.entry(repository, name))));
  }

  private sendFile(
    name: string,
    repository: MockRepository,
    call: {
      readonly action: string | undefined;
      readonly path: string;
      readonly request: IncomingMessage;
      readonly response: ServerResponse;
      readonly fail: (status: number, code: string) => void;
    },
  ): void {
    const { action, path, request, response, fail } = call;
    const content = this.content(repository, path);
    if (!content) return fail(404, 'EntryNotFound');
    const etag = isLarge(path) ? sha256(content) : gitSha1(content);
    response.setHeader('x-repo-commit', repository.commit);
    if (action !== 'resolve') {
      response.setHeader('etag', `"${etag}"`);
      return sendRange(content, request, response);
    }
    const location = isLarge(path)
      ? `${this.storageOrigin}/${name}/${repository.commit}/${path}?X-Amz-Signature=secret`
      : `/api/resolve-cache/models/${name}/content/${repository.commit}/${path}`;
    response.writeHead(302, { location, 'x-linked-etag': `"${etag}"`, 'x-linked-size': content.byteLength });
    response.end();
  }

  private sendStored(request: IncomingMessage, response: ServerResponse): void {
    const [, organisation, model, , ...path] = new URL(request.url!, this.endpoint).pathname.split('/');
    const repository = this.repositories.get(`${organisation}/${model}`);
    const content = repository && this.content(repository, path.map(decodeURIComponent).join('/'));
    if (!content) return void response.writeHead(404).end();
    sendRange(content, request, response);
  }
}

/** Sends a file, or the range of it that is asked for. */
function sendRange(content: Buffer, request: IncomingMessage, response: ServerResponse): void {
  const [, first] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
  const begin = Number(first ?? 0);
  response.setHeader('accept-ranges', 'bytes');
  response.setHeader('content-length', content.byteLength - begin);
  if (first !== undefined) {
    response.statusCode = 206;
    response.setHeader('content-range', `bytes ${begin}-${content.byteLength - 1}/${content.byteLength}`);
  }
  response.end(content.subarray(begin));
}
