/** Answers of a hub, or of whoever sits between it and the user; and a cache that somebody else has filled. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deep, ESCAPES } from './files.js';

const COMMIT = 'c'.repeat(40);
const REVISION = '/api/models/org/model/revision/main';
const TREE = `/api/models/org/model/tree/${COMMIT}`;
const FILES = `/org/model/resolve/${COMMIT}/`;

const gitSha1 = (content) =>
  createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');

/** The hub's answers for a folder of files. */
function truth(folder) {
  const files = Object.fromEntries(
    readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]),
  );
  const tree = Object.entries(files).map(([path, content]) => ({
    type: 'file',
    path,
    size: content.length,
    oid: gitSha1(content),
  }));
  return { files, info: { id: 'org/model', sha: COMMIT }, tree };
}

const sendJson = (response, value) =>
  response
    .writeHead(200, { 'content-type': 'application/json' })
    .end(typeof value === 'string' ? value : JSON.stringify(value));

/** A hub that has the honest model, except for what a case changes. */
function answering({ files, info, tree }, change = {}) {
  return (request, response, elsewhere) => {
    const path = request.url.split('?')[0];
    const name = path.startsWith(FILES) ? decodeURIComponent(path.slice(FILES.length)) : undefined;
    if (change.any) return change.any(request, response, elsewhere);
    if (path === REVISION)
      return change.info ? change.info(response, info, elsewhere) : sendJson(response, info);
    if (path === TREE) return change.tree ? change.tree(response, tree, elsewhere) : sendJson(response, tree);
    if (name !== undefined && change.file) return change.file(response, files[name], name, elsewhere);
    if (files[name])
      return response.writeHead(200, { 'content-length': files[name].length }).end(files[name]);
    return response.writeHead(404, { 'x-error-code': 'EntryNotFound' }).end();
  };
}

/** The honest hub, on which the commands are measured. */
export const honestAnswer = (honest) => answering(truth(join(honest, 'model')));

/** A model of two files is all that a lie needs. */
const small = {
  'config.json': Buffer.from('{"model_type":"llama"}'),
  'model.safetensors': Buffer.from([2, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x7d]),
};
const facts = {
  files: small,
  info: { id: 'org/model', sha: COMMIT },
  tree: Object.entries(small).map(([path, content]) => ({
    type: 'file',
    path,
    size: content.length,
    oid: gitSha1(content),
  })),
};

const named = (path) => ({
  tree: (response, tree) => sendJson(response, [...tree, { ...tree[0], path }]),
});

/** Bytes without an end, as fast as they are taken. */
function endless(response, piece) {
  const push = () => {
    while (response.writable && response.write(piece));
  };
  response.on('drain', push);
  push();
}

const lies = {
  'a commit that is a path': {
    info: (response) => sendJson(response, { id: 'org/model', sha: '../../../outside/x' }),
  },
  'a commit of escapes': { info: (response) => sendJson(response, { id: 'org/model', sha: ESCAPES }) },
  'a commit of 10 MB': {
    info: (response) => sendJson(response, { id: 'org/model', sha: 'c'.repeat(10_000_000) }),
  },
  'a commit that is none': { info: (response) => sendJson(response, { id: 'org/model', sha: null }) },
  'a file outside': named('../../../../outside/x.json'),
  'a file at an absolute path': named('/tmp/attune-hostile.json'),
  "a file at Windows's path": named('..\\..\\x.json'),
  'a file of a zero byte': named('config.json\0.json'),
  'a file of escapes': named(`${ESCAPES}.json`),
  'a file of a long name': named(`${'x'.repeat(100_000)}.json`),
  'a file named by nothing': named(''),
  'a file named by null': named(null),
  'a file twice': { tree: (response, tree) => sendJson(response, [...tree, ...tree]) },
  '200,000 files': {
    tree: (response, tree) =>
      sendJson(
        response,
        Array.from({ length: 200_000 }, (_, i) => ({ ...tree[0], path: `f${i}.json` })),
      ),
  },
  'files that are none': { tree: (response) => sendJson(response, [null, 5, {}, [], { type: 'file' }]) },
  'a size of 10^15': {
    tree: (response, tree) =>
      sendJson(
        response,
        tree.map((entry) => ({ ...entry, size: 1e15 })),
      ),
  },
  'a size below zero': {
    tree: (response, tree) =>
      sendJson(
        response,
        tree.map((entry) => ({ ...entry, size: -5 })),
      ),
  },
  'hashes that are paths': {
    tree: (response, tree) =>
      sendJson(
        response,
        tree.map((entry) => ({ ...entry, oid: '../../../../outside/x', lfs: { oid: '../../x', size: 5 } })),
      ),
  },
  'hashes that lie': {
    tree: (response, tree) =>
      sendJson(
        response,
        tree.map((entry) => ({ ...entry, oid: 'a'.repeat(40) })),
      ),
  },
  'pages in a ring': {
    tree: (response, tree) =>
      response.writeHead(200, { link: `<${TREE}?cursor=x>; rel="next"` }).end(JSON.stringify(tree)),
  },
  'a next page elsewhere': {
    tree: (response, tree, elsewhere) =>
      response.writeHead(200, { link: `<${elsewhere}/x>; rel="next"` }).end(JSON.stringify(tree)),
  },
  'files elsewhere': {
    file: (response, content, name, elsewhere) =>
      response.writeHead(302, { location: `${elsewhere}/${name}` }).end(),
  },
  'files at a file': {
    file: (response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
  },
  'files in a ring': {
    file: (response, content, name) => response.writeHead(302, { location: FILES + name }).end(),
  },
  'answers elsewhere': {
    info: (response, info, elsewhere) => response.writeHead(302, { location: `${elsewhere}/x` }).end(),
  },
  'a file without an end': {
    file: (response) => endless(response.writeHead(200), Buffer.alloc(2 ** 16, 'x')),
  },
  'a file that is longer': {
    file: (response, content) =>
      response.writeHead(200, { 'content-length': 1e12 }) && response.write(content),
  },
  'another file': { file: (response) => response.writeHead(200).end('<html>Sign in</html>') },
  'a bomb of gzip': {
    info: (response) =>
      response
        .writeHead(200, { 'content-encoding': 'gzip' })
        .end(Buffer.from('H4sIAAAAAAACA+3BAQ0AAADCoPdPbQ43oAAAAAAAAAAAAIA3A5reHTMAAAEA', 'base64')),
  },
  'an answer without an end': { info: (response) => endless(response.writeHead(200), ' '.repeat(2 ** 16)) },
  'a list without an end': {
    tree: (response) => endless(response.writeHead(200), `[${'0,'.repeat(2 ** 15)}`),
  },
  nesting: { info: (response) => sendJson(response, deep(1_000_000)) },
  'the prototype': { info: (response) => sendJson(response, `{"__proto__":{"sha":"${COMMIT}"}}`) },
  'HTML in place of JSON': {
    any: (request, response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sign in</html>'),
  },
  'headers of escapes': {
    any: (request, response) =>
      response
        .writeHead(404, { 'x-error-message': encodeURIComponent(ESCAPES), 'x-error-code': 'x[2J' })
        .end(ESCAPES),
  },
  'an error that repeats the token': {
    any: (request, response) =>
      response.writeHead(403).end(JSON.stringify({ error: `no: ${request.headers.authorization}` })),
  },
  'a header that repeats the token': {
    any: (request, response) =>
      response.writeHead(400, { 'x-error-message': `${request.headers.authorization}` }).end(),
  },
  nothing: { any: (request, response) => response.socket.destroy() },
  'what is no HTTP': { any: (request, response) => response.socket.end(`\u001b[2Jhello\n`.repeat(1000)) },
};

/** Fills the cache that the command reads before it asks. */
function cached(write) {
  return ({ home, work, outside }) => {
    const repository = join(home, '.cache', 'huggingface', 'hub', 'models--org--model');
    const snapshot = join(repository, 'snapshots', COMMIT);
    mkdirSync(snapshot, { recursive: true });
    mkdirSync(join(repository, 'refs'));
    writeFileSync(join(repository, 'refs', 'main'), COMMIT);
    write({ repository, snapshot, outside, work });
  };
}

const caches = {
  'a reference that is a path': cached(({ repository }) =>
    writeFileSync(join(repository, 'refs', 'main'), '../../../../../outside/folder'),
  ),
  'a reference of escapes': cached(({ repository }) =>
    writeFileSync(join(repository, 'refs', 'main'), ESCAPES),
  ),
  'a reference of 10 MB': cached(({ repository }) =>
    writeFileSync(join(repository, 'refs', 'main'), 'c'.repeat(10_000_000)),
  ),
  'a reference that is a link': cached(({ repository }) => {
    writeFileSync(join(repository, 'refs', 'main'), '');
    symlinkSync('/dev/zero', join(repository, 'refs', 'other'));
  }),
  'an empty snapshot': cached(() => undefined),
  'links that lead nowhere': cached(({ snapshot }) => {
    for (const name of ['config.json', 'model.safetensors'])
      symlinkSync('../../blobs/none', join(snapshot, name));
  }),
  'links to a device': cached(({ snapshot }) => {
    for (const name of ['config.json', 'model.safetensors']) symlinkSync('/dev/zero', join(snapshot, name));
  }),
  'an index that lies': cached(({ snapshot }) => {
    writeFileSync(join(snapshot, 'config.json'), '{}');
    writeFileSync(join(snapshot, 'model.safetensors.index.json'), deep(500_000));
  }),
};

export const hub = {
  family: 'hub',
  commands: ['download', 'generate from the hub'],
  cases: [
    ...Object.entries(lies).map(([name, change]) => ({ name, answer: answering(facts, change) })),
    ...Object.entries(caches).map(([name, write]) => ({
      name: `a cache of ${name}`,
      write,
      commands: ['generate from the hub'],
      refused: true,
    })),
  ],
};
