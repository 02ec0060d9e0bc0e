import type { Availability, Backend, BackendPlugin } from '../contracts/backend.js';
import { AttuneError } from '../errors/index.js';
import { FakeEngine } from '../testing/fake-engine.js';
import { createBackend, probeBackends, type Importer } from './create-backend.js';
import { defineBackend } from './define-backend.js';
import { engineBackend } from './engine-backend.js';

const works: Availability = { available: true, description: 'works' };

function plugin(
  name: string,
  availability: Availability = works,
  create?: () => Promise<Backend>,
): BackendPlugin {
  const make = async () => ({ ...engineBackend(new FakeEngine()), name });
  return defineBackend({ name, isAvailable: async () => availability, create: create ?? make });
}

/** Imports from a table, as Node would where a package is missing. */
function importerOf(modules: Readonly<Record<string, unknown>>): Importer {
  return async (specifier) => {
    const module = modules[specifier];
    if (module instanceof Error) throw module;
    if (module) return module;
    throw Object.assign(new Error(`Cannot find package '${specifier}'`), { code: 'ERR_MODULE_NOT_FOUND' });
  };
}

const packageOf = (name: string, availability?: Availability) => ({
  [`@attune/backend-${name}`]: { backend: plugin(name, availability) },
});

/** Records the backends that were passed over, as `name: reason`. */
function listener() {
  const skipped: string[] = [];
  return { skipped, onSkip: (name: string, reason: string) => void skipped.push(`${name}: ${reason}`) };
}

describe('auto', () => {
  test('takes the first that works, in the order cuda, webgpu, cpu, wasm, reference', async () => {
    const all = Object.assign(
      {},
      ...['reference', 'wasm', 'cpu', 'webgpu', 'cuda'].map((name) => packageOf(name)),
    ) as Record<string, unknown>;
    for (const name of ['cuda', 'webgpu', 'cpu', 'wasm', 'reference']) {
      expect((await createBackend('auto', { importer: importerOf(all) })).name).toBe(name);
      delete all[`@attune/backend-${name}`];
    }
  });

  test('says why each was passed over', async () => {
    const { skipped, onSkip } = listener();
    const importer = importerOf({
      ...packageOf('webgpu', { available: true, description: 'SwiftShader', software: true }),
      ...packageOf('cpu', { available: false, reason: 'this is a browser' }),
      '@attune/backend-wasm': new SyntaxError('unexpected token'),
      ...packageOf('reference'),
    });
    expect((await createBackend('auto', { importer, onSkip })).name).toBe('reference');
    expect(skipped).toEqual([
      'cuda: the package @attune/backend-cuda is not installed',
      'webgpu: only a software adapter was found (SwiftShader)',
      'cpu: this is a browser',
      'wasm: the package @attune/backend-wasm failed to load: unexpected token',
    ]);
  });

  test('goes on where a backend turns out to be unavailable, and not where it is broken', async () => {
    const unavailable = async () => Promise.reject(new AttuneError('BACKEND_UNAVAILABLE', 'no adapter'));
    const broken = async () => Promise.reject(new Error('a bug'));
    const { skipped, onSkip } = listener();
    const importer = (create: () => Promise<Backend>) =>
      importerOf({ '@attune/backend-cpu': { backend: plugin('cpu', works, create) }, ...packageOf('wasm') });
    expect((await createBackend('auto', { importer: importer(unavailable), onSkip })).name).toBe('wasm');
    expect(skipped).toContain('cpu: no adapter');
    await expect(createBackend('auto', { importer: importer(broken) })).rejects.toThrow('a bug');
  });

  test('passes over what has no such engine', async () => {
    const { skipped, onSkip } = listener();
    const importer = importerOf({
      ...packageOf('cuda'),
      '@attune/backend-cpu': { backend: { ...plugin('cpu'), engines: ['attune', 'onnxruntime'] } },
      '@attune/backend-wasm': { backend: { ...plugin('wasm'), engines: ['attune', 'tfjs'] } },
    });
    const backend = await createBackend('auto', { importer, onSkip, options: { engine: 'tfjs' } });
    expect(backend.name).toBe('wasm');
    expect(skipped).toEqual([
      'cuda: cuda has no choice of engine, but engine is "tfjs"',
      'webgpu: the package @attune/backend-webgpu is not installed',
      'cpu: cpu has no engine "tfjs". Known: attune, onnxruntime.',
    ]);
    await expect(createBackend('wasm', { importer, options: { engine: 'atune' } })).rejects.toThrow(
      'wasm has no engine "atune". Did you mean "attune"?',
    );
  });

  test('that finds nothing gives every reason', async () => {
    await expect(createBackend('auto', { importer: importerOf({}) })).rejects.toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      message: expect.stringMatching(
        /cuda: .*\n.*webgpu: .*\n.*cpu: .*\n.*wasm: .*\n.*reference: .*not installed/,
      ),
    });
  });
});

describe('by name', () => {
  test('a known name is its package, any other the name of a package', async () => {
    const mine = plugin('mine');
    const importer = importerOf({ ...packageOf('wasm'), '@me/backend': { backend: mine } });
    expect((await createBackend('wasm', { importer })).name).toBe('wasm');
    expect((await createBackend('@me/backend', { importer })).name).toBe('mine');
  });

  test('a software adapter is used when it is asked for', async () => {
    const importer = importerOf(
      packageOf('webgpu', { available: true, description: 'SwiftShader', software: true }),
    );
    expect((await createBackend('webgpu', { importer })).name).toBe('webgpu');
  });

  test('a package that is missing: what to install', async () => {
    await expect(createBackend('wasm', { importer: importerOf({}) })).rejects.toMatchObject({
      code: 'UNKNOWN_BACKEND',
      message: expect.stringContaining('npm install @attune/backend-wasm'),
    });
  });

  test('a slip: what was meant, and never to install it', async () => {
    const failure = createBackend('wsam', { importer: importerOf({}) });
    await expect(failure).rejects.toMatchObject({
      code: 'UNKNOWN_BACKEND',
      message: expect.stringMatching(
        /Did you mean "wasm"\?.*Known backends: auto, cuda, webgpu, cpu, wasm, reference/,
      ),
    });
    await expect(failure).rejects.toMatchObject({ message: expect.not.stringContaining('npm install') });
  });

  test('a package that exports no backend', async () => {
    await expect(
      createBackend('left-pad', { importer: importerOf({ 'left-pad': {} }) }),
    ).rejects.toMatchObject({
      code: 'UNKNOWN_BACKEND',
      message: expect.stringContaining('exports no `backend` made by defineBackend'),
    });
  });

  test('a backend that cannot run here: the reason and the fix', async () => {
    const importer = importerOf(
      packageOf('cuda', { available: false, reason: 'no GPU was seen', fix: 'Install a driver.' }),
    );
    await expect(createBackend('cuda', { importer })).rejects.toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      message: expect.stringContaining('cuda: no GPU was seen. Install a driver.'),
    });
  });

  test('a dependency that a package lacks is not taken for the package', async () => {
    const lacking = Object.assign(new Error("Cannot find package 'onnxruntime-node'"), {
      code: 'ERR_MODULE_NOT_FOUND',
    });
    await expect(
      createBackend('cpu', { importer: importerOf({ '@attune/backend-cpu': lacking }) }),
    ).rejects.toMatchObject({
      message: expect.stringContaining("failed to load: Cannot find package 'onnxruntime-node'"),
    });
  });
});

describe('plugins that were imported', () => {
  const off = plugin('first', { available: false, reason: 'not here' });

  test('the first that can run with its options is taken', async () => {
    const seen: unknown[] = [];
    const second = defineBackend({
      name: 'second',
      isAvailable: async (options) => {
        seen.push(options);
        return works;
      },
      create: async (options) => {
        seen.push(options);
        return { ...engineBackend(new FakeEngine()), name: 'second' };
      },
    });
    const { skipped, onSkip } = listener();
    expect((await createBackend([off, second], { onSkip, options: { threads: 2 } })).name).toBe('second');
    expect((await createBackend(second)).name).toBe('second');
    expect(seen).toEqual([{ threads: 2 }, { threads: 2 }, undefined, undefined]);
    expect(skipped).toEqual(['first: not here']);
  });

  test('none of them: every reason', async () => {
    await expect(createBackend([off])).rejects.toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      message: expect.stringContaining('first: not here'),
    });
  });
});

test('probing looks at every known backend and creates none', async () => {
  const create = async () => Promise.reject(new Error('created'));
  const importer = importerOf({ '@attune/backend-wasm': { backend: plugin('wasm', works, create) } });
  const candidates = await probeBackends(importer);
  expect(candidates.map(({ name, skipped }) => [name, skipped === undefined])).toEqual([
    ['cuda', false],
    ['webgpu', false],
    ['cpu', false],
    ['wasm', true],
    ['reference', false],
  ]);
});
