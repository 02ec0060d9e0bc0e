import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from './main.js';

let cwd: string;
beforeEach(() => (cwd = mkdtempSync(join(tmpdir(), 'create-backend-'))));
afterEach(() => rmSync(cwd, { recursive: true }));

async function create(...args: string[]) {
  let [output, error] = ['', ''];
  const code = await main(args, {
    cwd,
    print: (text) => void (output += text),
    printError: (text) => void (error += text),
  });
  return { code, output, error };
}

const read = (path: string) => readFileSync(join(cwd, path), 'utf8');
const manifest = (folder: string) => JSON.parse(read(`${folder}/package.json`)) as Record<string, unknown>;
const filesIn = (folder: string) =>
  readdirSync(join(cwd, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .sort();

test('a name is enough: sources, a spec under node:test, a report, and what to do next', async () => {
  const { code, output } = await create('metal');
  expect(code).toBe(0);
  expect(output).toContain('cd metal\n  npm install\n  npm test');
  expect(filesIn('metal')).toEqual([
    ...['.gitignore', 'README.md', 'backend.ts', 'compiled-program.ts', 'conformance.spec.ts', 'engine.ts'],
    ...['index.ts', 'package.json', 'report.ts', 'tsconfig.build.json', 'tsconfig.json'],
  ]);
  expect(read('metal/src/conformance.spec.ts')).toContain("from 'node:test'");
  expect(read('metal/README.md')).not.toMatch(/\{\{|undefined/);
  expect(manifest('metal')).toMatchObject({
    name: 'metal',
    dependencies: { '@attune/core': expect.stringMatching(/^\^\d/) },
  });
});

test.each([
  ['jest', 'jest.config.js', "from '@jest/globals'"],
  ['vitest', 'vitest.config.js', "from 'vitest'"],
])('--test-runner %s', async (runner, config, imported) => {
  expect((await create('metal', '--test-runner', runner)).code).toBe(0);
  expect(existsSync(join(cwd, 'metal', config))).toBe(true);
  expect(read('metal/src/conformance.spec.ts')).toContain(imported);
  expect(manifest('metal')['devDependencies']).toHaveProperty(runner);
});

test('a scope, an output folder and a platform', async () => {
  expect((await create('@me/backend-square-root', '--out=deep/er', '--platform=node')).code).toBe(0);
  expect(manifest('deep/er')).toMatchObject({ name: '@me/backend-square-root' });
  expect(read('deep/er/src/engine.ts')).toContain('export function squareRootEngine()');
  expect(read('deep/er/src/backend.ts')).toContain("name: 'square-root'");
  expect(JSON.parse(read('deep/er/tsconfig.build.json'))).toMatchObject({
    compilerOptions: { types: ['node'] },
  });
});

test('--packages takes each of attune’s packages from its tarball', async () => {
  mkdirSync(join(cwd, 'packed'));
  const missing = await create('metal', '--packages', 'packed');
  expect(missing).toMatchObject({
    code: 2,
    error: expect.stringContaining('attune-core-0.1.0.tgz (@attune/core), '),
  });
  for (const name of ['core', 'nn', 'backend-testkit'])
    writeFileSync(join(cwd, `packed/attune-${name}-0.1.0.tgz`), '');
  expect((await create('metal', '--packages', 'packed')).code).toBe(0);
  expect(manifest('metal')).toMatchObject({
    dependencies: { '@attune/core': 'file:../packed/attune-core-0.1.0.tgz' },
    devDependencies: { '@attune/nn': 'file:../packed/attune-nn-0.1.0.tgz' },
  });
  expect((await create('other', '--packages', 'pakced')).error).toContain('is no folder that can be read');
});

describe('is refused, and writes nothing', () => {
  test.each([
    ['no name', [], 'A NAME for the package is missing'],
    ['two names', ['metal', 'npu'], 'One NAME is expected, but got metal npu'],
    [
      'a name that npm does not take',
      ['My Backend'],
      '"My Backend" is no name of an npm package, which has lower-case',
    ],
    ['which gets a suggestion', ['@Me/MyGPU'], 'Try @me/my-gpu.'],
    ['a path', ['../outside'], 'Try outside.'],
    ['a name of attune’s own', ['wasm'], 'Try my-wasm.'],
    ['a number', ['42'], 'does not begin with a letter'],
    ['an unknown flag', ['metal', '--test-runer', 'jest'], 'Did you mean "--test-runner"?'],
    ['an unknown runner', ['metal', '--test-runner', 'vitets'], 'Did you mean "vitest"?'],
    ['a flag without its value', ['metal', '--out', '--platform', 'node'], '--out needs a value'],
    ['a flag twice', ['metal', '--out', 'a', '--out', 'b'], '--out is given twice'],
  ])('%s', async (_what, args, message) => {
    expect(await create(...args)).toEqual({ code: 2, output: '', error: expect.stringContaining(message) });
    expect(readdirSync(cwd)).toEqual([]);
  });

  test('a folder with something in it, which stays as it is', async () => {
    mkdirSync(join(cwd, 'metal'));
    writeFileSync(join(cwd, 'metal/notes.txt'), 'mine');
    expect((await create('metal')).error).toContain('is there already, and has notes.txt in it');
    expect(filesIn('metal')).toEqual(['notes.txt']);
    writeFileSync(join(cwd, 'file'), '');
    expect((await create('metal', '--out', 'file')).error).toContain('is no folder');
  });

  test('a link to nowhere', async () => {
    symlinkSync('../elsewhere', join(cwd, 'metal'));
    expect((await create('metal')).code).toBe(2);
  });
});
