import { findAddon, nativeFindings } from '../node/addon.js';
import { openAddon } from '../node/native.js';
import { testHost } from '../testing/test-host.js';
import { kernelFault, kernelWords } from './kernel-words.js';

test('the list of kernels is that of the build', () => {
  const built = Object.fromEntries(testHost().kernels.map(({ name, words }) => [name, words]));
  expect(built).toEqual(kernelWords);
});

const kernels = Object.entries(kernelWords).map(([name, words]) => ({ name, words }));

test.each([
  ['without one of the kernels', kernels.slice(1), /no kernel copy/],
  ['whose kernel takes fewer words', [{ name: 'copy', words: 4 }, ...kernels.slice(1)], /arguments: copy/],
])('an engine %s does not fit', (_, list, message) => {
  expect(kernelFault(kernels)).toBeUndefined();
  expect(kernelFault(list)).toMatch(message);
});

const found = findAddon();
const testNative = 'addon' in found ? test : test.skip;

testNative('an addon of an earlier version is not taken, and the error says what to do', () => {
  if (!('addon' in found)) return;
  let closed = 0;
  const addon = {
    ...found.addon,
    close: (engine: Parameters<typeof found.addon.close>[0]) => {
      closed++;
      found.addon.close(engine);
    },
    kernels: () => ['copy', 5, 'move', 20],
  };
  expect(() => openAddon({ ...found, addon }, { threads: 1 })).toThrow(
    /^The native engine cannot run: it is of another version than @attune\/engine .* has no kernel reduce_rows/,
  );
  expect(closed).toBe(1);
});

test('what is known of the addon names the package for this platform', () => {
  expect(nativeFindings()).toMatchObject({
    packageName: expect.stringMatching(`^@attune/engine-${process.platform}-${process.arch}`),
    state: 'addon' in found ? 'loaded' : expect.any(String),
  });
});
