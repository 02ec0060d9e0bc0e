import { runAttune } from '../testing/run-attune.js';
import { checkGroups } from './checks/index.js';
import { examine } from './examine.js';
import type { BackendFacts, MachineFacts, PlaceFacts } from './facts/facts.js';
import type { Finding } from './facts/finding.js';

const GiB = 2 ** 30;

const backend = (name: string, reason?: string, fix?: string): BackendFacts => ({
  name,
  availability:
    reason === undefined
      ? { available: true, description: name }
      : { available: false, reason, ...(fix && { fix }) },
  skipped: reason,
});

const place = (role: PlaceFacts['role'], path: string): PlaceFacts => ({
  ...{ role, path, freeBytes: 100 * GiB, freeFiles: 10 ** 6, writable: true, owner: 1000 },
});

const [cwd, cache, temporary] = [
  place('current folder', '/home/ada/work'),
  place('cache', '/home/ada/.cache/huggingface/hub'),
  { ...place('temporary folder', '/tmp'), owner: 0 },
];

const core = { name: '@attune/core', version: '0.1.0', folder: '/app/node_modules/@attune/core' };
const nn = { name: '@attune/nn', version: '0.1.0', folder: '/app/node_modules/@attune/nn' };
const native = { packageName: '@attune/engine-linux-x64', state: 'loaded', isas: ['avx2'] } as const;
const onnxruntime = { name: 'onnxruntime-node', of: '@attune/backend-cpu', wanted: '^1.30.0' };
const noCuda = backend('cuda', 'there is no NVIDIA driver here', 'attune setup cuda.');
const noWebgpu = backend('webgpu', 'the package "webgpu" is not installed', 'npm install webgpu');

/** A machine on which all is well. */
const healthy: MachineFacts = {
  env: { TERM: 'xterm-256color', LANG: 'en_GB.UTF-8' },
  ...{ platform: 'linux', arch: 'x64', isTTY: true, inCheckout: false, userId: 1000 },
  choice: { backend: 'auto' },
  now: Date.UTC(2027, 0, 1),
  node: { version: 'v22.1.0', flags: [], npm: '10.8.2' },
  processors: { available: 8 },
  memory: { totalBytes: 16 * GiB, availableBytes: 12 * GiB },
  limits: { openFiles: 20_000 },
  places: [cwd, cache, temporary],
  native,
  compiler: '/usr/bin/cc',
  wasm: { simd: true, relaxedSimd: true, sharedMemory: true },
  packages: [core, nn],
  missingPackages: [],
  peers: [{ ...onnxruntime, version: '1.30.0', hasBinary: true }],
  hasGpu: false,
  backends: [noCuda, noWebgpu, backend('cpu'), backend('wasm'), backend('reference')],
  cuda: [{ name: 'driver', ok: false, text: 'no NVIDIA driver', fix: 'Install it.' }],
};

const findingsOf = (facts: MachineFacts): Finding[] => examine(facts).flatMap(({ findings }) => findings);
const troubles = (facts: MachineFacts) => findingsOf(facts).filter(({ state }) => state !== 'ok');

test('a machine on which all is well has no findings but good ones', () => {
  expect(troubles(healthy)).toEqual([]);
  expect(findingsOf(healthy).map(({ text }) => text)).toContain('--backend auto picks cpu');
});

const missing = { ...native, state: 'missing', isas: [], fault: 'there is no native engine' } as const;
const unloadable = (fault: string) => ({ ...native, state: 'does-not-load', isas: [], fault }) as const;
const wasmOnly = [backend('cpu', 'there is no native engine'), backend('wasm')];
const software = { available: true, description: 'SwiftShader', software: true } as const;
const gone = { pid: 12, host: 'here', state: 'gone' } as const;
const launcher = { name: "MPICH's mpiexec", libraries: ['mpich'], size: 4 } as const;
const openMpi = { available: true, name: 'Open MPI 4.1.4', file: 'libmpi.so.40' } as const;
const hub = { endpoint: 'https://huggingface.co' };

/** Machines with one fault each; the finding, and words of its fix. */
const faults: readonly (readonly [
  what: string,
  facts: Partial<MachineFacts>,
  id: string,
  state: Finding['state'],
  fix: RegExp,
])[] = [
  ['Node is too old', { node: { version: 'v18.19.0', flags: [] } }, 'node-version', 'fault', /nvm install 22/],
  ['npm is too old', { node: { version: 'v20.1.0', flags: [], npm: '6.14.1' } }, 'npm-version', 'warning', /npm@latest/],
  ['Node runs without WebAssembly', { node: { version: 'v22.1.0', flags: ['--jitless'] } }, 'node-flags', 'warning', /NODE_OPTIONS/],
  ['Node runs without shared memory', { node: { version: 'v22.1.0', flags: ['--no_harmony_sharedarraybuffer'] } }, 'node-flags', 'warning', /NODE_OPTIONS/],
  ['the native engine is not installed', { native: missing, backends: wasmOnly }, 'native-engine', 'warning', /npm install @attune\/engine-linux-x64.*omit=optional/],
  ['a checkout was built without a compiler', { native: missing, inCheckout: true, compiler: null }, 'native-engine', 'warning', /apt-get install gcc.*npm run build/],
  ['a checkout on a Mac has no compiler', { native: missing, inCheckout: true, compiler: null, platform: 'darwin' }, 'native-engine', 'warning', /xcode-select/],
  ['a checkout has not been built', { native: missing, inCheckout: true }, 'native-engine', 'warning', /^Build it: npm run build/],
  ['the system is older than the native engine', { native: unloadable("libc.so.6: version `GLIBC_2.34' not found") }, 'native-engine', 'warning', /glibc 2\.28/],
  ['the native engine is for another C library', { native: unloadable('Error loading shared library ld-linux-x86-64.so.2') }, 'native-engine', 'warning', /another C library/],
  ['the native engine is of another platform', { native: unloadable('engine.node: invalid ELF header') }, 'native-engine', 'warning', /another platform/],
  ['the native engine does not load', { native: unloadable('not permitted') }, 'native-engine', 'warning', /--backend wasm/],
  ['the native engine is older than attune', { backends: [backend('cpu', 'it is of another version than @attune/engine'), backend('wasm')] }, 'native-engine-version', 'warning', /npm install @attune\/engine @attune\/engine-linux-x64/],
  ['the native engine of a checkout is older', { inCheckout: true, backends: [backend('cpu', 'it is of another version than @attune/engine'), backend('wasm')] }, 'native-engine-version', 'warning', /npm run build/],
  ['the processor has no AVX2', { native: { ...native, state: 'processor', isas: [], fault: 'the native engine needs a processor with AVX2' } }, 'native-engine', 'warning', /--backend wasm.*-cpu host/],
  ['the instruction set that is pinned is not there', { choice: { backend: 'cpu', isa: 'avx512' } }, 'isa', 'fault', /pin --isa avx2/],
  ['the instruction set of WebAssembly that is pinned is not there', { choice: { backend: 'wasm', isa: 'relaxed' }, wasm: { simd: true, relaxedSimd: false, sharedMemory: true } }, 'isa', 'fault', /pin --isa simd128/],
  ['WebAssembly has no SIMD', { wasm: { simd: false, relaxedSimd: false, sharedMemory: true } }, 'wasm-simd', 'warning', /--jitless/],
  ['WebAssembly has no relaxed SIMD', { wasm: { simd: true, relaxedSimd: false, sharedMemory: true } }, 'wasm-relaxed-simd', 'warning', /Node 22.*--experimental-wasm-relaxed-simd/],
  ['threads cannot share memory', { wasm: { simd: true, relaxedSimd: true, sharedMemory: false } }, 'wasm-threads', 'warning', /COOP and COEP/],
  ['no backend can run', { backends: [backend('cpu', 'none'), backend('wasm', 'none')] }, 'backend', 'fault', /wasm needs the least/],
  ['only the interpreter can run', { backends: [backend('wasm', 'none'), backend('reference')] }, 'backend', 'fault', /Get wasm or cpu to run/],
  ['the backend that is named is misspelled', { choice: { backend: 'wams' } }, 'backend', 'warning', /Did you mean "wasm"/],
  ['the backend that is named cannot run', { choice: { backend: 'cuda' } }, 'backend', 'fault', /attune setup cuda/],
  ['a GPU is there, and the package webgpu is not', { hasGpu: true }, 'webgpu', 'warning', /npm install webgpu/],
  ['there is no Vulkan loader', { peers: [{ name: 'webgpu', of: '@attune/backend-webgpu', wanted: '^0.6.2', version: '0.6.2' }], backends: [backend('webgpu', 'there is no Vulkan', 'Install the Vulkan loader.'), backend('cpu')] }, 'webgpu', 'warning', /Vulkan loader/],
  ['WebGPU finds no adapter', { hasGpu: true, backends: [backend('webgpu', 'no adapter', 'Install the GPU’s driver.'), backend('cpu')] }, 'webgpu', 'warning', /driver/],
  ['WebGPU finds a software adapter', { backends: [{ name: 'webgpu', availability: software, skipped: 'software' }, backend('cpu')] }, 'webgpu', 'warning', /--backend cpu is far faster/],
  ['a GPU has no libraries', { cuda: [{ name: 'driver', ok: true, text: 'NVIDIA 550' }, { name: 'libraries', ok: false, text: 'none', fix: 'Install CUDA.' }] }, 'cuda-libraries', 'warning', /Install CUDA/],
  ['a GPU has no addon', { cuda: [{ name: 'driver', ok: true, text: 'NVIDIA 550' }, { name: 'addon', ok: false, text: 'no native addon', fix: 'Run attune setup cuda.' }] }, 'cuda-addon', 'warning', /setup cuda/],
  ['TensorFlow sees no GPU', { cuda: [{ name: 'package', ok: true, text: 'there' }, { name: 'tensorflow', ok: false, text: 'sees no GPU' }] }, 'cuda-tensorflow', 'warning', /above it first/],
  ['packages are of several versions', { packages: [core, nn, { ...nn, name: '@attune/train', version: '0.2.0' }] }, 'package-versions', 'fault', /npm install @attune\/train@0\.1\.0/],
  ['a package is missing', { missingPackages: ['@attune/hub'] }, 'package-missing', 'fault', /install again/],
  ['the core is there twice', { packages: [core, { ...core, folder: '/app/plugin/node_modules/@attune/core' }] }, 'package-copies', 'warning', /npm dedupe/],
  ['onnxruntime has no library here', { peers: [{ ...onnxruntime, version: '1.30.0', hasBinary: false }] }, 'peer-onnxruntime-node', 'warning', /--ignore-scripts.*no install script is needed/],
  ['the install script of tfjs-node-gpu did not run', { peers: [{ name: '@tensorflow/tfjs-node-gpu', of: '@attune/backend-cuda', wanted: '4.22.0', version: '4.22.0', hasBinary: false }] }, 'peer-tensorflow-tfjs-node-gpu', 'warning', /attune setup cuda/],
  ['onnxruntime does not fit its backend', { peers: [{ ...onnxruntime, version: '1.29.0', hasBinary: true }] }, 'peer-onnxruntime-node', 'warning', /npm install "onnxruntime-node@\^1\.30\.0" --ignore-scripts/],
  ['memory is low', { memory: { totalBytes: 2 * GiB, availableBytes: GiB / 2 } }, 'memory', 'warning', /--batch-size.*--gradient-checkpointing/],
  ['memory is used up', { memory: { totalBytes: 2 * GiB, availableBytes: GiB / 16 } }, 'memory', 'fault', /Close other programs/],
  ['the container has less memory than the machine', { memory: { totalBytes: 64 * GiB, availableBytes: 60 * GiB, limitBytes: 2 * GiB } }, 'memory-limit', 'warning', /docker run --memory/],
  ['there are more threads than the container has time for', { processors: { available: 8, quota: 1.5 } }, 'threads', 'warning', /--threads 1,.*--cpus/],
  ['there are more threads than processors', { choice: { backend: 'auto', threads: 32 } }, 'threads', 'warning', /set it to 8/],
  ['few files may be open', { limits: { openFiles: 256 } }, 'open-files', 'warning', /ulimit -n 4096/],
  ['addresses are limited', { limits: { addressSpaceBytes: 8 * GiB } }, 'address-space', 'warning', /ulimit -v unlimited/],
  ['the clock is wrong', { now: 0 }, 'clock', 'warning', /timedatectl/],
  ["the clock differs from the hub's", { hub: { ...hub, status: 200, date: Date.UTC(2026, 11, 31) } }, 'clock', 'warning', /timedatectl/],
  ['the disk is full', { places: [{ ...cwd!, freeBytes: 10 ** 6 }] }, 'disk-space-current-folder', 'fault', /--out/],
  ['the disk is nearly full', { places: [{ ...cwd!, freeBytes: GiB }] }, 'disk-space-current-folder', 'warning', /--out/],
  ["the cache's disk is full", { places: [cwd!, { ...cache!, freeBytes: 10 ** 6 }] }, 'disk-space-cache', 'warning', /HF_HOME/],
  ['the temporary folder is full', { places: [{ ...temporary, freeBytes: 10 ** 6 }] }, 'disk-space-temporary-folder', 'warning', /TMPDIR/],
  ['the disk has no inodes left', { places: [{ ...cwd!, freeFiles: 0 }] }, 'disk-space-current-folder', 'fault', /--out/],
  ['the folder cannot be written to', { places: [{ ...cwd!, writable: false }] }, 'writable-current-folder', 'warning', /folder of your own/],
  ['the cache cannot be written to', { places: [{ ...cache!, writable: false }] }, 'writable-cache', 'warning', /HF_HOME.*chown/],
  ['the cache belongs to somebody else', { places: [{ ...cache!, owner: 0 }] }, 'writable-cache', 'warning', /chown -R "\$USER" \/home\/ada/],
  ['the temporary folder cannot be written to', { places: [{ ...temporary, writable: false }] }, 'writable-temporary-folder', 'warning', /TMPDIR/],
  ['the folder that is named holds no run', { run: { path: 'runs/a', isRun: false } }, 'run-folder', 'fault', /--out/],
  ['a run has the lock of a process that ended', { run: { path: 'runs/a', isRun: true, lock: gone } }, 'run-lock', 'warning', /--resume replaces it/],
  ['a run has a lock that says nothing', { run: { path: 'runs/a', isRun: true, lock: null } }, 'run-lock', 'warning', /--resume replaces it/],
  ['a run is locked on another machine', { run: { path: 'runs/a', isRun: true, lock: { ...gone, state: 'unknown' } } }, 'run-lock', 'warning', /remove run\.lock/],
  ['the terminal has another character set', { env: { LANG: 'de_DE.ISO-8859-1' } }, 'locale', 'warning', /C\.UTF-8/],
  ['several processes have no MPI', { mpi: { library: { available: false, reason: 'No MPI library can be loaded.', fix: 'apt-get install mpich' }, launcher } }, 'mpi', 'fault', /mpich/],
  ['several processes have the MPI of another launcher', { mpi: { library: openMpi, launcher, task: { reason: 'It knows of 1.', fix: 'Use the other mpirun.' } } }, 'mpi-ranks', 'fault', /other mpirun/],
  ['the hub cannot be reached', { hub: { ...hub, reason: 'ENOTFOUND' } }, 'hub', 'warning', /HF_ENDPOINT.*HF_HUB_OFFLINE/],
  ['the hub is out of order', { hub: { ...hub, status: 503 } }, 'hub', 'warning', /later/],
  ['a proxy wants a password', { hub: { ...hub, status: 407 } }, 'hub', 'warning', /password/],
  ['Node takes no notice of the proxy', { env: { https_proxy: 'http://proxy:3128' }, hub: { ...hub, reason: 'ETIMEDOUT' } }, 'proxy', 'warning', /NODE_USE_ENV_PROXY=1/],
]; // prettier-ignore

describe('each fault of a machine is found, with its fix', () => {
  test.each(faults)('%s', (_, facts, id, state, fix) => {
    const found = troubles({ ...healthy, ...facts });
    expect(found.find((finding) => finding.id === id)).toMatchObject({
      state,
      text: expect.stringMatching(/^\S.*[^.]$/),
      fix: expect.stringMatching(fix),
    });
    // Sentences: a fix ends where it ends, and what to type can be copied.
    for (const finding of found) expect(finding.fix).toMatch(/\S$/);
  });

  test('every check has a fault in this list', () => {
    const checks = checkGroups.flatMap(([, group]) => group);
    const silent = checks.filter(
      (check) =>
        !faults.some(([, facts]) => check({ ...healthy, ...facts }).some(({ state }) => state !== 'ok')),
    );
    expect(silent).toEqual([]);
  });
});

test('what is not known of a machine is no finding, and nothing is thrown', () => {
  const keys = Object.keys(healthy).filter((key) => !['env', 'choice'].includes(key));
  for (const key of keys) {
    const facts = Object.fromEntries(Object.entries(healthy).filter(([name]) => name !== key));
    expect(troubles(facts as unknown as MachineFacts)).toEqual([]);
  }
  const bare = {
    env: {},
    platform: 'aix',
    arch: 'ppc64',
    isTTY: false,
    inCheckout: false,
    choice: { backend: 'auto' },
  };
  expect(findingsOf(bare)).toEqual([]);
});

test('MPI is shown where it is, and the ranks under a launcher', () => {
  const texts = (mpi: MachineFacts['mpi']) =>
    findingsOf({ ...healthy, ...(mpi && { mpi }) }).flatMap(({ id, text }) =>
      id.startsWith('mpi') ? [text] : [],
    );
  expect(texts({ library: openMpi })).toEqual(['Open MPI 4.1.4 (libmpi.so.40)']);
  expect(texts({ library: { available: false, reason: 'none' } })).toEqual([]);
  const task = { description: 'Open MPI 4.1.4, 4 ranks on 2 hosts' };
  expect(texts({ library: openMpi, launcher, task })[1]).toBe(
    "Open MPI 4.1.4, 4 ranks on 2 hosts, started by MPICH's mpiexec",
  );
});

test('colours are off where the terminal has none', () => {
  const text = (env: MachineFacts['env']) =>
    findingsOf({ ...healthy, env }).find(({ id }) => id === 'terminal')?.text;
  expect(text({ TERM: 'dumb' })).toBe('no colours: TERM=dumb');
  expect(text({ NO_COLOR: '1' })).toBe('no colours: NO_COLOR is set');
});

test('where nothing can be trained, doctor ends with the code of an environment that is at fault', async () => {
  const args = ['doctor', '--json', '--backend', 'cpu', '--isa', process.arch === 'x64' ? 'neon' : 'avx2'];
  const { code, stdout, stderr } = await runAttune(args);
  expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining('ENVIRONMENT_FAULT') });
  const { canTrain, checks } = JSON.parse(stdout) as { canTrain: boolean; checks: { findings: Finding[] }[] };
  expect(canTrain).toBe(false);
  const found = checks.flatMap(({ findings }) => findings).filter(({ state }) => state === 'fault');
  expect(found.map(({ id }) => id)).toContain('isa');
  expect(await runAttune(['doctor', '--run', '/nowhere'])).toMatchObject({ code: 3 });
});
