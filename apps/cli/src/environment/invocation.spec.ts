import { attuneCommand } from './invocation.js';

test.each([
  ['attune on the PATH', undefined, 'attune'],
  ['npx, in a project and outside', 'exec', 'npx @attune/cli'],
  ['npm start', 'start', 'npx attune'],
  ["a project's own script", 'run', 'npx attune'],
])('called by %s, the next command is one that can be typed', (_, npm_command, command) => {
  expect(attuneCommand({ env: { npm_command } })).toBe(command);
});
