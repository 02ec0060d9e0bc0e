import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Peer } from './peer.js';

/** A process that runs `answer(request, write)` for every line. */
const peerOf = (answer) =>
  new Peer('The part', process.execPath, [
    '-e',
    `require('node:readline').createInterface({ input: process.stdin }).on('line', (line) =>
       (${answer})(JSON.parse(line), (value) => console.log(JSON.stringify(value))))`,
  ]);

describe('a process for a part', () => {
  it('answers, and tells what happens on the way', async () => {
    const peer = peerOf(`({ id, count }, write) => {
      console.log('a driver says hello');
      for (let i = 0; i < count; i++) write({ id, event: i });
      write({ id, result: 'done' });
    }`);
    const events = [];
    assert.equal(await peer.ask('work', { count: 2 }, 10_000, (event) => events.push(event)), 'done');
    assert.deepEqual(events, [0, 1]);
    peer.kill();
  });

  it('that fails says so, and goes on', async () => {
    const peer = peerOf(`({ id, do: name }, write) =>
      write(name === 'fail' ? { id, error: { message: 'no adapter', code: 'NO_DEVICE' } } : { id, result: 1 })`);
    await assert.rejects(peer.ask('fail', {}, 10_000), { message: 'no adapter', code: 'NO_DEVICE' });
    assert.equal(await peer.ask('work', {}, 10_000), 1);
    peer.kill();
  });

  it('that crashes fails the request, with what it wrote to stderr', async () => {
    const peer = peerOf(`() => { process.stderr.write('device lost'); process.abort(); }`);
    await assert.rejects(peer.ask('work', {}, 10_000), ({ message, stderr, timedOut }) => {
      assert.match(message, /^The part was ended by SIGABRT/);
      assert.match(stderr, /device lost/);
      return timedOut === undefined;
    });
    await assert.rejects(peer.ask('more', {}, 10_000), /SIGABRT/);
  });

  it('that hangs is ended at its limit', async () => {
    const peer = peerOf('() => { for (;;); }');
    await assert.rejects(peer.ask('work', {}, 500), {
      message: 'The part did not finish work in time',
      timedOut: true,
    });
    await new Promise((resolve) => peer.process.once('close', resolve));
    assert.equal(peer.process.signalCode, 'SIGKILL');
  });

  it('that is not there says so', async () => {
    const peer = new Peer('PyTorch', '/nowhere/python3', []);
    await assert.rejects(peer.ask('describe', {}, 10_000), /PyTorch did not start: .*ENOENT/);
  });
});
