import { join } from 'node:path';
import { installLine } from './install-line.js';

const cli = join('node_modules', '@attune', 'cli', 'dist', 'run', 'install-line.js');
const line = (home: string, folder: string) => installLine(['onnxruntime-node'], folder, join(home, cli));

test('in a project, packages are installed beside the command', () => {
  expect(line('/home/me/project', '/home/me/project')).toBe('npm install onnxruntime-node --ignore-scripts');
  expect(line('/home/me/project', '/home/me/project/runs')).toBe(
    'npm install onnxruntime-node --ignore-scripts',
  );
});

test('of a global command, globally', () => {
  expect(line('/usr/local/lib', '/home/me')).toBe('npm install --global onnxruntime-node --ignore-scripts');
});

test('where npx keeps it, the command comes along: what is installed beside it there is lost', () => {
  expect(line('/home/me/.npm/_npx/0123', '/home/me/project')).toBe(
    'npm install @attune/cli onnxruntime-node --ignore-scripts',
  );
});

test('in a checkout, as in a project', () => {
  expect(installLine(['a', 'b'], '/clone', '/clone/apps/cli/dist/run/install-line.js')).toBe(
    'npm install a b --ignore-scripts',
  );
});
