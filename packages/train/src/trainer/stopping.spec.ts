import { EarlyStopping } from './stopping.js';

test('converges when the loss has not improved for a while', () => {
  const stopping = new EarlyStopping({ patience: 2 });
  const seen = [3, 2, 2.5, 1.9, 1.9, 2].map((loss) => [stopping.observe(loss), stopping.converged]);
  expect(seen).toEqual([
    [true, false],
    [true, false],
    [false, false],
    [true, false],
    [false, false],
    [false, true],
  ]);
});

test('minDelta is how much counts as an improvement', () => {
  const stopping = new EarlyStopping({ patience: 1, minDelta: 0.1 });
  stopping.observe(2);
  expect(stopping.observe(1.95)).toBe(false);
  expect(stopping.converged).toBe(true);
});

test('goes on where its state was taken', () => {
  const first = new EarlyStopping({ patience: 2 });
  [2, 3].forEach((loss) => first.observe(loss));
  const second = new EarlyStopping({ patience: 2 });
  second.restore(JSON.parse(JSON.stringify(first.state())) as ReturnType<EarlyStopping['state']>);
  second.observe(3);
  expect(second.converged).toBe(true);
});
