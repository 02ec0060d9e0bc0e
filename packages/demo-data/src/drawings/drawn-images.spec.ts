import { drawnDigits, drawnLetters } from './drawn-images.js';

test('a seed gives the same images, another one others, and fewer are the first of more', () => {
  const [few, more] = [drawnDigits({ count: 5, seed: 3 }), drawnDigits({ count: 9, seed: 3 })];
  expect(more.pixels.subarray(0, 5 * 784)).toEqual(few.pixels);
  expect(more.labels.subarray(0, 5)).toEqual(few.labels);
  expect(drawnDigits({ count: 5, seed: 4 }).pixels).not.toEqual(few.pixels);
});

test('the same on every machine', () => {
  // Sums of the first images' pixels, as they were drawn when this was written.
  const { pixels, labels } = drawnDigits({ count: 3 });
  const sums = [0, 1, 2].map((i) =>
    pixels.subarray(i * 784, (i + 1) * 784).reduce((sum, value) => sum + value, 0),
  );
  expect([...labels]).toEqual([1, 5, 8]);
  expect(sums).toEqual([14146, 33360, 29348]);
});

test('no two images are alike, every class is drawn, and the ink lies inside', () => {
  for (const set of [drawnDigits({ count: 120 }), drawnLetters({ count: 120 })]) {
    expect(new Set(set.labels).size).toBe(set.numLabels);
    const images = Array.from({ length: set.count }, (_, i) => set.pixels.subarray(i * 784, (i + 1) * 784));
    expect(new Set(images.map(String)).size).toBe(set.count);
    for (const image of images) {
      const bright = image.filter((value) => value > 128).length;
      expect(bright).toBeGreaterThan(15);
      expect(bright).toBeLessThan(300);
    }
  }
});

test('at another size', () => {
  const { pixels, height } = drawnLetters({ count: 2, size: 12 });
  expect([height, pixels.length]).toEqual([12, 2 * 144]);
});

test.each([{ count: 0 }, { count: 1.5 }, { count: 1, size: 4 }])('refuses %j', (options) => {
  expect(() => drawnDigits(options)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
});
