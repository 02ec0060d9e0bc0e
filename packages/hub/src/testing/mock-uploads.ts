import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  GOOD_TOKEN,
  gitSha1,
  sha256,
  type Intercept,
  type MockHub,
  type MockRepository,
} from './mock-hub.js';

/** A commit that was made. */
export interface MadeCommit {
  readonly repository: string;
  readonly branch: string;
  readonly summary: string;
  readonly parent: string | undefined;
  readonly pullRequest: boolean;
  /** Paths of the commit, with how they came. */
  readonly files: Readonly<Record<string, 'regular' | 'lfs'>>;
}

/** A repository that was asked for. */
export interface MadeRepository {
  readonly name: string;
  readonly visibility: unknown;
}

type Json = Record<string, unknown>;

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

/**
 * The half of a hub that takes: creating repositories and branches, Git LFS with its storage, in one piece or in parts, and
 * commits. Keeps what arrives only if its hash is what was said, as the real one does.
 */
export class MockUploads {
  readonly commits: MadeCommit[] = [];
  readonly created: MadeRepository[] = [];
  /** Large files by their SHA-256. */
  readonly objects = new Map<string, Buffer>();
  /** Paths of the requests that brought large files. */
  readonly received: string[] = [];
  /** Large files of more than this come in parts of it. */
  partSize: number | undefined;
  /** Handles a request in place of the mock, if it returns `true`. */
  intercept: Intercept | undefined;
  /** Changes an answer before it is sent. */
  answerWith: ((path: string, answer: Json) => unknown) | undefined;
  private readonly parts = new Map<string, Buffer>();

  constructor(private readonly hub: MockHub) {
    hub.intercept = (request, response, at) => {
      if (this.intercept?.(request, response, at)) return true;
      if (request.method === 'GET' || request.method === 'HEAD') return false;
      void bodyOf(request).then(
        (body) => this.answer(request, response, body),
        () => undefined,
      );
      return true;
    };
  }

  private answer(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
    const { pathname, searchParams } = new URL(request.url!, this.hub.endpoint);
    const send = (answer: Json | undefined, status = 200) => {
      const changed = answer && this.answerWith ? this.answerWith(pathname, answer) : answer;
      response.writeHead(changed === undefined ? 404 : status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(changed ?? { error: 'none' }));
    };
    if (pathname.startsWith('/upload/')) return this.takePiece(pathname, body, response);
    if (request.headers.authorization !== `Bearer ${GOOD_TOKEN}`) {
      return send({ error: `no: ${request.headers.authorization}` }, 403);
    }
    if (pathname === '/api/repos/create') return send(...this.create(JSON.parse(String(body)) as Json));
    const complete = /^\/complete\/([0-9a-f]{64})$/.exec(pathname);
    const batch = /^\/([^/]+\/[^/]+)\.git\/info\/lfs\/objects\/batch$/.exec(pathname);
    const api = /^\/api\/models\/([^/]+\/[^/]+)\/(preupload|commit|branch)\/([^/]+)$/.exec(pathname);
    if (complete) return send(this.join(complete[1]!, JSON.parse(String(body)) as Json));
    if (batch) return send(this.places(JSON.parse(String(body)) as Json));
    const repository = api && this.hub.repositories.get(api[1]!);
    if (!api || !repository) return send(undefined);
    const branch = decodeURIComponent(api[3]!);
    if (api[2] === 'preupload') return send(preupload(JSON.parse(String(body)) as Json));
    if (api[2] === 'branch') {
      repository.revisions = [...(repository.revisions ?? []), branch];
      return send({});
    }
    send(...this.commit(api[1]!, repository, branch, String(body), searchParams.has('create_pr')));
  }

  private create({ organization, name, visibility }: Json): [Json, number?] {
    const id = `${String(organization)}/${String(name)}`;
    if (this.hub.repositories.has(id)) return [{ error: 'it is there' }, 409];
    this.created.push({ name: id, visibility });
    this.hub.repositories.set(id, {
      commit: sha256(Buffer.from(id)).slice(0, 40),
      files: { '.gitattributes': '*.safetensors filter=lfs\n' },
      access: visibility === 'private' ? 'private' : 'public',
    });
    return [{ url: `${this.hub.endpoint}/${id}`, id }];
  }

  private places(batch: Json): Json {
    const objects = (batch['objects'] as { oid: string; size: number }[]).map(({ oid, size }) => {
      if (this.objects.has(oid)) return { oid, size };
      const at = `${this.hub.storageOrigin}/upload/${oid}`;
      const { partSize } = this;
      if (partSize === undefined || size <= partSize) {
        return { oid, size, actions: { upload: { href: `${at}?X-Amz-Signature=secret` } } };
      }
      const parts = Array.from({ length: Math.ceil(size / partSize) }, (_, i) => [
        String(i + 1).padStart(5, '0'),
        `${at}/${i + 1}?X-Amz-Signature=secret`,
      ]);
      const header = { chunk_size: String(partSize), ...Object.fromEntries(parts) };
      return { oid, size, actions: { upload: { href: `${this.hub.endpoint}/complete/${oid}`, header } } };
    });
    return { transfer: 'basic', objects };
  }

  private takePiece(path: string, body: Buffer, response: ServerResponse): void {
    const [, , oid, part] = path.split('/');
    this.received.push(path);
    if (part !== undefined) this.parts.set(path, body);
    else if (sha256(body) === oid) this.objects.set(oid, body);
    else return void response.writeHead(400).end();
    response.writeHead(200, { etag: `"${gitSha1(body)}"` }).end();
  }

  private join(oid: string, { parts }: Json): Json | undefined {
    const pieces = (parts as { partNumber: number; etag: string }[]).map(({ partNumber, etag }) => {
      const piece = this.parts.get(`/upload/${oid}/${partNumber}`);
      return piece && etag === `"${gitSha1(piece)}"` ? piece : Buffer.from('wrong');
    });
    const whole = Buffer.concat(pieces);
    if (sha256(whole) !== oid) return undefined;
    this.objects.set(oid, whole);
    return { success: true };
  }

  private commit(
    name: string,
    repository: MockRepository,
    branch: string,
    body: string,
    pullRequest: boolean,
  ): [Json, number?] {
    const lines = body.split('\n').map((line) => JSON.parse(line) as { key: string; value: Json });
    const { summary, parentCommit } = lines[0]!.value;
    if (parentCommit !== undefined && parentCommit !== repository.commit) return [{ error: 'late' }, 412];
    const files: Record<string, 'regular' | 'lfs'> = {};
    const contents: Record<string, Uint8Array> = {};
    for (const { key, value } of lines.slice(1)) {
      const path = String(value['path']);
      const content =
        key === 'lfsFile'
          ? this.objects.get(String(value['oid']))
          : Buffer.from(String(value['content']), 'base64');
      if (!content) return [{ error: 'a pointer to nothing' }, 400];
      files[path] = key === 'lfsFile' ? 'lfs' : 'regular';
      contents[path] = content;
    }
    const parent = parentCommit as string | undefined;
    this.commits.push({ repository: name, branch, summary: String(summary), parent, pullRequest, files });
    const commitOid = sha256(Buffer.from(body)).slice(0, 40);
    if (pullRequest) {
      return [{ commitOid, commitUrl: '', pullRequestUrl: `${this.hub.endpoint}/${name}/discussions/1` }];
    }
    Object.assign(repository, { commit: commitOid, files: { ...repository.files, ...contents } });
    return [{ commitOid, commitUrl: `${this.hub.endpoint}/${name}/commit/${commitOid}`, hookOutput: '' }];
  }
}

function preupload({ files }: Json): Json {
  const isLarge = (path: string) => /\.(safetensors|bin|gguf|onnx)$/.test(path);
  return {
    files: (files as { path: string }[]).map(({ path }) => ({
      path,
      uploadMode: isLarge(path) ? 'lfs' : 'regular',
    })),
  };
}
