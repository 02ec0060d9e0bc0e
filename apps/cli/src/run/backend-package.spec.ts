import { Writable } from 'node:stream';
import { ownBackendOf } from '@attune/runs';
import type { Context } from '../environment/context.js';
import { reportError } from '../errors/report-error.js';
import { Printer } from '../printing/printer.js';

/** How a terminal is told of the backend that a file names. */
function told(selection: string): string {
  let text = '';
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  try {
    ownBackendOf({ selection, origin: 'run.json' });
  } catch (error) {
    reportError(error, { stderr: new Printer(stream), env: {} } as unknown as Context);
  }
  return text;
}

test.each(['metal', '@me/metal', 'metal.js_2'])('%s, a name of a package, is offered', (name) => {
  expect(told(name)).toContain(`the package "${name}"`);
  expect(told(name)).toContain(`trust it: --backend ${name}.`);
});

test.each([
  ['a command', 'x; touch y', 'x; touch y'],
  ['a flag', '--config=evil', '--config=evil'],
  ['a path', '../evil', '../evil'],
  ['a folder', '.evil', '.evil'],
  ['a path within a package', '@me/metal/../evil', '@me/metal/../evil'],
  ['controls of a terminal', 'x\u001b[2J', 'x\\u001b[2J'],
  [
    'controls that JSON writes as they are, C1 among them',
    'x\u009b2J\u007f\u202e',
    'x\\u{9b}2J\\u{7f}\\u{202e}',
  ],
])('%s is no name of a package, and is not offered for a shell', (_, name, shown) => {
  expect(told(name)).toContain(`the package "${shown}"`);
  expect(told(name)).toContain('trust it: name it with --backend.');
  expect(told(name)).not.toMatch(/[\u001b\u007f-\u009f\u202e]/);
});
