/**
 * Installs the packages as a stranger would, in an empty folder outside the repository, and uses them: the command, the
 * types, and the example of every README. Needs the packages built, and npm's registry (or its cache).
 *
 *     node tools/packages/consumer.js [--keep]
 */
import { execFile, spawnSync } from 'node:child_process';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { promisify } from 'node:util';
import { hasNativeEngine } from './native-package.js';
import { publishedPackages, root } from './published.js';
import { faultsInStrangersFolder } from './strangers-folder.js';
import { asDependencies, tarballs } from './tarballs.js';

const run = promisify(execFile);
const packages = publishedPackages();
const folder = mkdtempSync(join(tmpdir(), 'attune-consumer-'));
const elsewhere = mkdtempSync(join(tmpdir(), 'attune-stranger-'));
const faults = [];
const MiB = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

/** Looks for files that have no business in a package, for those that are missing, and for maps to nowhere. */
function checkFiles({ name, files }) {
  const paths = new Set(files.map(({ path }) => path));
  // The package of the native engine has none: it is put together.
  const home = packages.find(({ manifest }) => manifest.name === name)?.folder;
  for (const path of ['README.md', 'LICENSE', 'CHANGELOG.md', 'package.json']) {
    if (!paths.has(path)) faults.push(`${name} lacks ${path}`);
  }
  for (const path of paths) {
    const isOurTest = /\.spec\.|(^|\/)testing\/|\.tsbuildinfo$|(^|\/)(jest|tsconfig)[^/]*$/.test(path);
    // Templates are files of the packages that are written from them.
    if (isOurTest && !path.endsWith('.template')) {
      faults.push(`${name} has ${path}`);
    }
    if (!path.endsWith('.map')) continue;
    const { sources, sourcesContent } = JSON.parse(readFileSync(join(root, home, path), 'utf8'));
    for (const source of sources) {
      const target = posix.join(posix.dirname(path), source);
      if (!sourcesContent && !paths.has(target))
        faults.push(`${name}: ${path} points to ${target}, which is not there`);
    }
  }
}

/** Installs the tarballs as the dependencies of an empty project. */
async function install(dependencies) {
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'consumer', private: true, type: 'module', dependencies }),
  );
  await run('npm', ['install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'], {
    cwd: folder,
  });
}

/** None of what attune's packages bring runs anything when it is installed. */
function checkInstallScripts() {
  const { packages: installed } = JSON.parse(
    readFileSync(join(folder, 'node_modules', '.package-lock.json'), 'utf8'),
  );
  for (const [path, { hasInstallScript }] of Object.entries(installed)) {
    if (hasInstallScript) faults.push(`${path} has an install script`);
  }
}

/** Bytes in a folder. */
function sizeOf(path) {
  const stat = lstatSync(path);
  if (!stat.isDirectory()) return stat.size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}

/** The packages that installing the command brings. The conformance kit, which it does not depend on, is left out. */
function reportSizes() {
  const modules = join(folder, 'node_modules');
  const sizes = readdirSync(modules).flatMap((name) =>
    name.startsWith('@')
      ? readdirSync(join(modules, name)).map((sub) => [`${name}/${sub}`, sizeOf(join(modules, name, sub))])
      : [[name, sizeOf(join(modules, name))]],
  );
  const counted = sizes.filter(([name]) => name !== '@attune/backend-testkit' && name !== '.bin');
  const total = counted.reduce((sum, [, bytes]) => sum + bytes, 0);
  const largest = counted.sort(([, a], [, b]) => b - a).slice(0, 8);
  console.log(`node_modules of the command: ${MiB(total)} in ${counted.length} packages`);
  for (const [name, bytes] of largest) console.log(`  ${MiB(bytes).padStart(10)}  ${name}`);
  for (const name of ['onnxruntime-web', 'onnxruntime-node', 'webgpu']) {
    if (sizes.some(([one]) => one === name)) faults.push(`${name} is installed, though nobody asked for it`);
  }
}

/** Most bytes that the cpu backend may take when it is installed. */
const MAX_CPU_BYTES = 3.1e6;

/** The native backend alone: with what it depends on, and without attune's command. */
function checkNativeSize(packed) {
  const isPart = ({ name }) => /^@attune\/(backend-cpu|core|engine)$|^@attune\/engine-/.test(name);
  const bytes = packed.filter(isPart).reduce((sum, { unpackedSize }) => sum + unpackedSize, 0);
  console.log(`backend-cpu with its dependencies: ${MiB(bytes)}`);
  if (bytes > MAX_CPU_BYTES) faults.push(`backend-cpu takes ${bytes} bytes, more than ${MAX_CPU_BYTES}`);
  const { dependencies } = packages.find(({ manifest }) => manifest.name === '@attune/backend-cpu').manifest;
  if (Object.keys(dependencies).join() !== '@attune/core,@attune/engine') {
    faults.push(
      `backend-cpu depends on ${Object.keys(dependencies).join(', ')}: add up what that takes, too`,
    );
  }
}

/** Runs the command as installed. Fails unless it ends with 0 and writes what is expected. */
function attune(args, expected) {
  const bin = join(folder, 'node_modules', '.bin', 'attune');
  const { status, stdout, stderr } = spawnSync(bin, args, { cwd: folder, encoding: 'utf8' });
  const text = stdout + stderr;
  if (status !== 0 || !expected.test(text)) {
    faults.push(`attune ${args.join(' ')} ended with ${status}, without ${expected}:\n${text}`);
  }
}

function useCommand() {
  const text = 'the cat sat on the mat. the dog sat on the log.\n'.repeat(60);
  writeFileSync(join(folder, 'book.txt'), text);
  const native = hasNativeEngine();
  const best = native ? 'cpu' : 'wasm';
  // No compiler is asked for: what is installed is all there is.
  attune(['doctor'], new RegExp(`${native ? '✓ cpu +attune' : '✗ cpu '}[^]*--backend auto picks ${best}`));
  attune(['prepare', 'book.txt', '--tokenizer', 'char', '--out', 'data'], /tokens to train on/);
  const shape = [
    '--n-layer',
    '1',
    '--n-head',
    '2',
    '--n-embd',
    '16',
    '--block-size',
    '16',
    '--batch-size',
    '2',
  ];
  const length = ['--max-iters', '5', '--eval-interval', '5', '--eval-iters', '1', '--sample-tokens', '8'];
  attune(
    ['pretrain', '--data', 'data', '--out', 'run', ...shape, ...length],
    new RegExp(`backend {2}${best}: attune[^]*The model is in`),
  );
  attune(['pretrain', '--resume', 'run', '--max-iters', '6'], /backend {2}[^]*The model is in/);
  attune(['verify', 'run', '--steps', '2'], /the same to the bit/);
  attune(['pretrain', '--resume', 'run', '--max-iters', '7', '--backend', 'wasm'], /backend {2}wasm: attune/);
  attune(['generate', '--model', 'run', '--prompt', 'the ', '--max-new-tokens', '8'], /^the /m);
}

/** The example of each README. */
function readmePrograms() {
  return packages.flatMap(({ folder: home, manifest }) => {
    const text = readFileSync(join(root, home, 'README.md'), 'utf8');
    const blocks = [...text.matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, code]) => code);
    const short = manifest.name.replace('@attune/', '');
    return blocks.map((code, i) => ({ name: i === 0 ? short : `${short}-${i}`, code }));
  });
}

/** Entry points: of those for the browser, the types need the DOM's. */
function entryPoints() {
  const all = packages.flatMap(({ manifest }) =>
    Object.keys(manifest.exports)
      .filter((key) => key !== './package.json')
      .map((key) => posix.join(manifest.name, key)),
  );
  const isWeb = (entry) => /\/(web|wasm)$/.test(entry) || entry === '@attune/backend-webgpu';
  const isTfjs = (entry) => entry === '@attune/lowering-tfjs';
  return {
    web: all.filter(isWeb),
    tfjs: all.filter(isTfjs),
    other: all.filter((entry) => !isWeb(entry) && !isTfjs(entry)),
  };
}

/** Compiles programs as strictly as TypeScript can, declarations of packages included, and as an application with a bundler. */
async function compile(name, files, lib, isOurs = () => true) {
  const home = join(folder, name);
  mkdirSync(home);
  for (const [file, code] of Object.entries(files)) writeFileSync(join(home, file), code);
  const compilerOptions = {
    ...{ target: 'ES2022', lib, module: 'NodeNext', outDir: 'out', rootDir: '.' },
    ...{
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: false,
    },
    ...{ types: ['node'], typeRoots: [join(root, 'node_modules/@types')] },
  };
  writeFileSync(join(home, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const bundled = ['--noEmit', '--module', 'esnext', '--moduleResolution', 'bundler', '--skipLibCheck'];
  for (const [resolution, flags] of Object.entries({ nodenext: [], bundler: bundled })) {
    const args = [tsc, '-p', home, '--pretty', 'false', ...flags];
    const result = await run(process.execPath, args, { cwd: home }).catch((error) => error);
    const errors = String(result.stdout)
      .split('\n')
      .filter((line) => /error TS/.test(line) && isOurs(line));
    if (errors.length > 0) faults.push(`types (${name}, ${resolution}):\n  ${errors.join('\n  ')}`);
  }
}

/** Every entry point can be imported in Node, those for browsers too: a page may be rendered on a server. */
async function importAll(entries) {
  const fault = 'console.error(`${name}: ${error.message}`), (process.exitCode = 1)';
  const code = `for (const name of ${JSON.stringify(entries)}) await import(name).catch((error) => (${fault}));`;
  writeFileSync(join(folder, 'import-all.js'), code);
  await run(process.execPath, ['import-all.js'], { cwd: folder }).catch((error) =>
    faults.push(`entry points that cannot be imported:\n${error.stderr}`),
  );
  console.log(`${entries.length} entry points imported`);
}

const imports = (entries) =>
  `${entries.map((entry, i) => `import * as m${i} from '${entry}';`).join('\n')}\nexport default [${entries.map((_, i) => `m${i}`)}];\n`;

async function checkTypesAndExamples() {
  const { web, tfjs, other } = entryPoints();
  await importAll([...web, ...tfjs, ...other]);
  const programs = readmePrograms();
  const programsOf = (wanted) =>
    Object.fromEntries(
      programs.filter(({ name }) => wanted(name)).map(({ name, code }) => [`${name}.ts`, code]),
    );
  const needsTfjs = (name) => name === 'lowering-tfjs';
  const needsDom = (name) => name === 'backend-webgpu';
  const isForNode = (name) => !needsTfjs(name) && !needsDom(name);
  await compile('node', { 'all.ts': imports(other), ...programsOf(isForNode) }, ['ES2022']);
  await compile('browser', { 'all.ts': imports(web), ...programsOf(needsDom) }, [
    'ES2022',
    'DOM',
    'DOM.Iterable',
  ]);
  // The declarations of tfjs-core do not compile by themselves (`Long`, an old @webgpu/types): ours have to.
  const isOurs = (line) => !/node_modules\/(?!@attune\/)/.test(line);
  await compile(
    'tfjs',
    { 'all.ts': imports(tfjs), ...programsOf(needsTfjs) },
    ['ES2022', 'DOM', 'DOM.Iterable'],
    isOurs,
  );
  for (const { name } of programs) {
    const group = needsTfjs(name) ? 'tfjs' : needsDom(name) ? 'browser' : 'node';
    const home = join(folder, group);
    await run(process.execPath, [join(home, 'out', `${name}.js`)], { cwd: home }).catch((error) =>
      faults.push(`the example of ${name}: ${error.stderr || error.message}`),
    );
  }
  console.log(`${programs.length} examples of READMEs compiled and run`);
}

try {
  const made = await tarballs();
  const { packed } = made;
  packed.forEach(checkFiles);
  const bytes = packed.reduce((sum, { unpackedSize }) => sum + unpackedSize, 0);
  console.log(`${packed.length} packages, ${MiB(bytes)} unpacked`);
  await install(asDependencies(made));
  checkInstallScripts();
  reportSizes();
  checkNativeSize(packed);
  useCommand();
  faults.push(...faultsInStrangersFolder(folder, elsewhere));
  await checkTypesAndExamples();
} finally {
  if (process.argv.includes('--keep')) console.log(`kept in ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
  rmSync(elsewhere, { recursive: true, force: true });
}
for (const fault of faults) console.error(`✗ ${fault}`);
process.exitCode = faults.length > 0 ? 1 : 0;
