import { listFaults } from './faults.js';

const faults = (count: number) => Array.from({ length: count }, (_, i) => `fault ${i + 1}`);

test('all faults that can be read are listed, and the others are counted', () => {
  expect(listFaults(faults(2))).toBe('fault 1; fault 2');
  expect(listFaults(faults(9)).endsWith('fault 9')).toBe(true);
  expect(listFaults(faults(300)).endsWith('fault 8; and 292 more')).toBe(true);
});
