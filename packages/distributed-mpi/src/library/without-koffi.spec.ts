import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const built = new URL('../../dist/index.js', import.meta.url).href;

/** A hook of Node's, in which koffi is not installed. */
const hook = `export async function resolve(name, context, next) {
  if (name === 'koffi') throw Object.assign(new Error("Cannot find package 'koffi'"), { code: 'ERR_MODULE_NOT_FOUND' });
  return next(name, context);
}`;
const toUrl = (source: string) => `data:text/javascript,${encodeURIComponent(source)}`;
const register = toUrl(`import { register } from 'node:module'; register(${JSON.stringify(toUrl(hook))});`);

const script = `import { launcherOf, openMpi } from ${JSON.stringify(built)};
console.log('processes: ' + launcherOf({ PMI_SIZE: '2' }).size);
await openMpi().catch(({ code, message }) => console.log(code, message));`;

test('without koffi the package loads, and says how to install it when MPI is opened', async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', register, '--input-type=module', '--eval', script],
    { cwd: fileURLToPath(new URL('.', import.meta.url)) },
  );
  expect(stdout).toContain('processes: 2\n');
  expect(stdout).toContain(
    "COMMUNICATOR_UNAVAILABLE koffi, which calls the MPI library, cannot be loaded: Cannot find package 'koffi'",
  );
  expect(stdout).toContain('npm install koffi --ignore-scripts');
});
