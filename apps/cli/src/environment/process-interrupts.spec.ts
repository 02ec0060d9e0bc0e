import { EventEmitter } from 'node:events';
import { processInterrupts } from './process-interrupts.js';

function fakeProcess() {
  const exits: number[] = [];
  let told = '';
  const from = Object.assign(new EventEmitter(), {
    stdout: new EventEmitter(),
    stderr: Object.assign(new EventEmitter(), { write: (text: string) => Boolean((told += text)) }),
    exit: (code: number) => void exits.push(code),
  });
  return { from, exits, told: () => told, onInterrupt: processInterrupts(from) };
}
const failure = (code: string) => Object.assign(new Error(code), { code });

test('signals are passed on while there is a listener, and are left to the system otherwise', () => {
  const { from, onInterrupt } = fakeProcess();
  const heard: string[] = [];
  const stop = onInterrupt((signal) => heard.push(signal));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) from.emit(signal, signal);
  expect(heard).toEqual(['SIGINT', 'SIGTERM', 'SIGHUP']);
  stop();
  expect(from.eventNames()).toEqual([]);
});

test.each(['stdout', 'stderr'] as const)('whoever listens hears that %s takes nothing more', (name) => {
  const { from, exits, onInterrupt } = fakeProcess();
  const heard: string[] = [];
  const stop = onInterrupt((signal) => heard.push(signal));
  for (const code of ['EPIPE', 'EIO', 'ENOSPC']) from[name].emit('error', failure(code));
  expect([heard, exits]).toEqual([['SIGPIPE', 'SIGPIPE', 'SIGPIPE'], []]);
  stop();
  from[name].emit('error', failure('EPIPE'));
  expect(exits).toEqual([0]);
});

test('an output on a full disk ends the process with a message', () => {
  const { from, exits, told } = fakeProcess();
  from.stdout.emit('error', failure('ENOSPC'));
  expect(exits).toEqual([3]);
  expect(told()).toMatch(
    /^error FILE_WRITE: The standard output cannot be written: ENOSPC\. Free some .*\n$/,
  );
});

test('a standard error on a full disk cannot be told of', () => {
  const { from, exits, told } = fakeProcess();
  from.stderr.emit('error', failure('ENOSPC'));
  expect([exits, told()]).toEqual([[3], '']);
});
