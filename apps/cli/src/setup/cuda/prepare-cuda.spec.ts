import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { AttuneError } from '@attune/core';
import { MANIFEST, PACKAGE, readManifest } from '@attune/backend-cuda';
import type { CheckedAddress } from './checksum.js';
import { planCuda, prepareCuda, TFJS_NODE_VERSION } from './prepare-cuda.js';
import type { SetupTools } from './tools.js';

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'attune-setup-'))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(file: string, text = ''): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** A folder as `pip install --target` leaves it. */
function tensorflowIn(folder: string): string {
  for (const file of [
    'include/tensorflow/c/c_api.h',
    'libtensorflow_cc.so.2',
    'libtensorflow_framework.so.2',
  ]) {
    put(join(folder, 'tensorflow', file));
  }
  return folder;
}

/** Does what npm, tar, the compiler and the addon would, and writes down that it was called. */
class FakeTools implements SetupTools {
  readonly calls: string[] = [];
  readonly compilations: string[][] = [];
  /** The call that fails. */
  failing: string | undefined;

  private enter(name: string): void {
    this.calls.push(name);
    if (this.failing === name)
      throw new AttuneError('SETUP_FAILED', `${name} fails.`, { data: { missing: true } });
  }

  readonly run = async (command: string, args: readonly string[], { cwd }: { readonly cwd: string }) => {
    if (command === process.execPath) {
      this.enter('load');
      return 'a line of TensorFlow’s\n"2.21.0"\n';
    }
    this.enter(command);
    if (command === 'npm') {
      put(join(cwd, 'node_modules', PACKAGE, 'package.json'), JSON.stringify({ version: '4.22.0' }));
    } else if (command === 'tar') {
      const folder = args[args.indexOf('-C') + 1]!;
      for (const file of [
        'include/tensorflow/c/c_api.h',
        'lib/libtensorflow.so.2',
        'lib/libtensorflow_framework.so.2',
      ]) {
        put(join(folder, file));
      }
    } else {
      this.compilations.push([...args]);
      put(args[args.indexOf('-o') + 1]!);
    }
    return '';
  };

  readonly download = async ({ url }: CheckedAddress, file: string) => {
    this.enter('download');
    put(file, url);
  };

  readonly log = () => undefined;
}

const SHA256 = 'ab'.repeat(32);

const requestOf = (libtensorflow: string) => ({ folder: join(root, 'cuda'), libtensorflow, compiler: 'c++' });

test('the libraries of a folder stay where they are', async () => {
  const [tools, tensorflow] = [new FakeTools(), tensorflowIn(join(root, 'site'))];
  const manifest = await prepareCuda(requestOf(tensorflow), tools);
  expect(manifest).toEqual({
    tfjsNode: '4.22.0',
    tensorflow: '2.21.0',
    libraries: join(tensorflow, 'tensorflow'),
    source: tensorflow,
  });
  expect(readManifest(join(root, 'cuda'))).toEqual(manifest);
  expect(tools.calls).toEqual(['npm', 'c++', 'load']);
  expect(tools.compilations[0]).toContain(`-Wl,-rpath,${join(tensorflow, 'tensorflow')}`);
  expect(readdirSync(root).sort()).toEqual(['cuda', 'site']);
});

test('those of an archive go with the folder, wherever it is moved', async () => {
  const tools = new FakeTools();
  put(join(root, 'libtensorflow.tar.gz'));
  const manifest = await prepareCuda(requestOf(join(root, 'libtensorflow.tar.gz')), tools);
  expect(manifest.libraries).toBe(join('libtensorflow', 'lib'));
  expect(tools.compilations[0]).toContain('-Wl,-rpath,$ORIGIN/../../../../../libtensorflow/lib');
  expect(existsSync(join(root, 'cuda', manifest.libraries, 'libtensorflow.so.2'))).toBe(true);
});

test.each(['download', 'tar', 'npm', 'c++', 'load'])(
  'where %s fails, nothing is there; the next attempt resumes from it',
  async (step) => {
    const tools = new FakeTools();
    const request = requestOf(`https://example.org/libtensorflow.tar.gz#sha256=${SHA256}`);
    tools.failing = step;
    await expect(prepareCuda(request, tools)).rejects.toBeInstanceOf(AttuneError);
    expect(existsSync(request.folder)).toBe(false);
    tools.failing = undefined;
    tools.calls.length = 0;
    await prepareCuda(request, tools);
    const all = ['download', 'tar', 'npm', 'c++', 'load'];
    // The addon is compiled and loaded again in any case. An archive that cannot be unpacked is downloaded again.
    const from = step === 'tar' ? 'download' : step === 'load' ? 'c++' : step;
    expect(tools.calls).toEqual(all.slice(all.indexOf(from)));
    expect(readdirSync(root)).toEqual(['cuda']);
    expect(readdirSync(request.folder).sort()).toEqual(
      [MANIFEST, 'libtensorflow', 'node_modules', 'package-lock.json', 'package.json'].sort(),
    );
  },
);

test('another libtensorflow starts over, and replaces what was there only when it is done', async () => {
  const tools = new FakeTools();
  const [first, second] = [tensorflowIn(join(root, 'first')), tensorflowIn(join(root, 'second'))];
  await prepareCuda(requestOf(first), tools);
  tools.failing = 'c++';
  await expect(prepareCuda(requestOf(second), tools)).rejects.toMatchObject({ code: 'SETUP_FAILED' });
  expect(readManifest(join(root, 'cuda'))?.source).toBe(first);
  tools.failing = undefined;
  await prepareCuda(requestOf(second), tools);
  expect(readManifest(join(root, 'cuda'))?.source).toBe(second);
  expect(readdirSync(root).sort()).toEqual(['cuda', 'first', 'second']);
});

test('an archive without TensorFlow is named, before npm is asked; another one of its name is looked at again', async () => {
  const tools = new FakeTools();
  const request = requestOf(join(root, 'lib.tar'));
  put(request.libtensorflow, 'something else');
  const { run } = tools;
  const unpackNothing: SetupTools = {
    ...tools,
    log: tools.log,
    run: async (...call) => (call[0] === 'tar' ? '' : run(...call)),
  };
  await expect(prepareCuda(request, unpackNothing)).rejects.toMatchObject({
    code: 'FILE_CORRUPT',
    message: expect.stringContaining(`${request.libtensorflow} has no libtensorflow`),
  });
  expect(tools.calls).toEqual([]);
  put(request.libtensorflow, 'TensorFlow, this time');
  await prepareCuda(request, tools);
  expect(tools.calls).toEqual(['tar', 'npm', 'c++', 'load']);
});

test('an archive that was downloaded is not downloaded again after a crash', async () => {
  const tools = new FakeTools();
  const request = requestOf(`https://example.org/libtensorflow.tar.gz#sha256=${SHA256}`);
  const { run } = tools;
  // What a process that was killed leaves: nothing is cleared away.
  const crashing: SetupTools = {
    ...tools,
    log: tools.log,
    run: async (...call) => (call[0] === 'tar' ? new Promise<never>(() => undefined) : run(...call)),
  };
  void prepareCuda(request, crashing);
  while (!existsSync(join(`${request.folder}.unfinished`, 'libtensorflow')))
    await new Promise((r) => setTimeout(r, 5));
  tools.calls.length = 0;
  await prepareCuda(request, tools);
  expect(tools.calls).toEqual(['tar', 'npm', 'c++', 'load']);
});

test('of an attempt that ended while folders changed places, nothing is lost', async () => {
  const tools = new FakeTools();
  const request = requestOf(tensorflowIn(join(root, 'site')));
  await prepareCuda(request, tools);
  renameSync(request.folder, `${request.folder}.old`);
  tools.failing = 'npm';
  await expect(prepareCuda(request, tools)).rejects.toMatchObject({ code: 'SETUP_FAILED' });
  expect(readManifest(request.folder)).toBeDefined();
  tools.failing = undefined;
  await prepareCuda(request, tools);
  expect(readdirSync(root).sort()).toEqual(['cuda', 'site']);
});

test('a folder that holds something else is not touched', async () => {
  put(join(root, 'cuda', 'thesis.txt'), 'years of work');
  const prepared = prepareCuda(requestOf(tensorflowIn(join(root, 'site'))), new FakeTools());
  await expect(prepared).rejects.toMatchObject({
    code: 'SETUP_FAILED',
    message: expect.stringMatching(/not made by/),
  });
  expect(readFileSync(join(root, 'cuda', 'thesis.txt'), 'utf8')).toBe('years of work');
});

test('a missing compiler is said to be missing', async () => {
  const tools = new FakeTools();
  tools.failing = 'c++';
  await expect(prepareCuda(requestOf(tensorflowIn(root)), tools)).rejects.toMatchObject({
    message: expect.stringMatching(/no C\+\+ compiler "c\+\+" here\..*apt install g\+\+/),
  });
});

test('where npm fails, what it needs is said', async () => {
  const tools = new FakeTools();
  const request = requestOf(tensorflowIn(root));
  const offline: SetupTools = {
    ...tools,
    log: tools.log,
    run: () => Promise.reject(new AttuneError('SETUP_FAILED', 'ENOTFOUND', { data: { missing: false } })),
  };
  await expect(prepareCuda(request, offline)).rejects.toMatchObject({
    fix: expect.stringMatching(/^If there is no network, give npm a mirror/),
  });
  tools.failing = 'npm';
  await expect(prepareCuda(request, tools)).rejects.toMatchObject({
    fix: expect.stringMatching(/^Install npm/),
  });
});

test('what is given is looked at before anything is done', () => {
  mkdirSync(join(root, 'empty'));
  put(join(root, 'notes.txt'));
  const plan = (name: string) => () => planCuda(requestOf(join(root, name)));
  expect(plan('nowhere')).toThrow(expect.objectContaining({ code: 'FILE_NOT_FOUND' }));
  expect(plan('notes.txt')).toThrow(expect.objectContaining({ code: 'FILE_CORRUPT' }));
  expect(plan('empty')).toThrow(/pip install --target/);
  put(join(root, 'wheels', 'tensorflow-2.21.0-cp311-cp311-linux_x86_64.linux_aarch64.whl'));
  expect(plan('wheels')()[0]).toMatch(/^unpack tensorflow-2\.21\.0-cp311.*\.whl/);
});

test('an address is https, and its checksum is known', () => {
  const plan = (libtensorflow: string, sha256?: string) =>
    planCuda({ ...requestOf(libtensorflow), ...(sha256 !== undefined && { sha256 }) })[0];
  const address = 'https://example.org/libtensorflow.tar.gz';
  expect(() => plan('http://example.org/libtensorflow.tar.gz', SHA256)).toThrow(/is not encrypted/);
  expect(() => plan('HTTP://example.org/libtensorflow.tar.gz', SHA256)).toThrow(/is not encrypted/);
  expect(() => plan(address)).toThrow(/without a checksum.*--sha256/);
  expect(() => plan(address, 'abc')).toThrow(/"abc" is no SHA-256/);
  expect(() => plan('https://example.org/', SHA256)).toThrow(/neither a wheel nor a tar archive/);
  expect(plan(address, SHA256.toUpperCase())).toContain(`compare its SHA-256 with ${SHA256}`);
  expect(plan(`${address}#sha256=${SHA256}`)).toContain(`compare its SHA-256 with ${SHA256}`);
  expect(plan('https://files.pythonhosted.org/packages/tensorflow-2.whl')).toContain('pypi.org publishes');
  expect(() => plan(root, SHA256)).toThrow(/--sha256 goes with an address/);
});

test('npm installs what the lockfile has, every package by its integrity', async () => {
  const tools = new FakeTools();
  await prepareCuda(requestOf(tensorflowIn(join(root, 'site'))), tools);
  const read = (name: string) => JSON.parse(readFileSync(join(root, 'cuda', name), 'utf8')) as Lock;
  interface Lock {
    readonly dependencies: object;
    readonly packages: Readonly<Record<string, { dependencies?: object; integrity?: string }>>;
  }
  const { packages } = read('package-lock.json');
  expect(read('package.json').dependencies).toEqual(packages['']!.dependencies);
  expect(packages).toHaveProperty([`node_modules/${PACKAGE}`, 'version'], TFJS_NODE_VERSION);
  for (const [path, { integrity }] of Object.entries(packages)) {
    if (path !== '') expect([path, integrity]).toEqual([path, expect.stringMatching(/^sha512-/)]);
  }
});

test('what others may have put in the way of it is not taken up', async () => {
  const [tools, request] = [new FakeTools(), requestOf(tensorflowIn(join(root, 'site')))];
  chmodSync(root, 0o755);
  const planted = `${request.folder}.unfinished`;
  put(join(planted, 'progress.json'), '{}');
  chmodSync(planted, 0o777);
  await expect(prepareCuda(request, tools)).rejects.toMatchObject({
    code: 'SETUP_FAILED',
    message: expect.stringContaining(`other users may write to ${planted} (mode 777)`),
  });
  expect(tools.calls).toEqual([]);
});
