import { SavePace } from './save-pace.js';

test('a run is due three seconds after it was saved, or after 24 times what saving took', () => {
  let now = 0;
  const pace = new SavePace(() => now);
  now = 2999;
  expect(pace.isDue()).toBe(false);
  now = 3000;
  expect(pace.isDue()).toBe(true);

  const dueAfterSaveOf = (ms: number) => {
    pace.begin();
    now += ms;
    expect(pace.end()).toBe(ms / 1000);
    const saved = now;
    while (!pace.isDue()) now += 100;
    return now - saved;
  };
  expect(dueAfterSaveOf(100)).toBe(3000);
  expect(dueAfterSaveOf(2000)).toBe(48_000);
});
