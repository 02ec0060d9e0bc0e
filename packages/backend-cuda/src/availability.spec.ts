import { availabilityOf, type Files } from './availability.js';
import type { Located } from './load/locate.js';

const located: Located = {
  folder: '/p',
  entry: '/p/i.js',
  version: '4.22.0',
  addon: '/p/a',
  libraries: '/p/l',
};
const prepared = { tfjsNode: '4.22.0', tensorflow: '2.21.0', libraries: '/p/l', source: 'w' };
const driver = { version: '550.54.15' };
const files = (addon: boolean, libraries: readonly string[]): Files => ({
  exists: (path) => addon && path === '/p/a',
  list: (folder) => (folder === '/p/l' ? libraries : []),
});
const none = files(false, []);
const tensorflow = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];
const both = files(true, tensorflow);

test('a GPU: it can run', () => {
  expect(availabilityOf({ ...located, prepared }, driver, {}, both)).toEqual({
    available: true,
    description: 'TensorFlow 2.21.0, NVIDIA driver 550.54.15',
  });
});

test('no GPU: nothing that auto takes, but there for whoever asks for it', () => {
  expect(availabilityOf(located, undefined, {}, both)).toEqual({
    available: true,
    software: true,
    description: '@tensorflow/tfjs-node-gpu 4.22.0 on the CPU: no NVIDIA driver',
  });
});

test.each([
  [undefined, none, /is not installed$/],
  [located, files(false, tensorflow), /has no native addon at \/p\/a$/],
  [located, files(true, []), /library libtensorflow is not where the addon looks/],
  [located, files(true, ['include', 'libother.so']), /library libtensorflow is not where the addon looks/],
])('a part is missing', (found, machine, reason) => {
  expect(availabilityOf(found, driver, {}, machine)).toEqual({
    available: false,
    reason: expect.stringMatching(reason),
    fix: expect.stringContaining('attune setup cuda --libtensorflow'),
  });
});

test('without package and driver, nobody is told to install one without the other', () => {
  expect(availabilityOf(undefined, undefined, {}, none)).toMatchObject({
    available: false,
    reason: expect.stringMatching(/no NVIDIA driver.*not installed/),
    fix: expect.stringMatching(/^On a machine with an NVIDIA GPU/),
  });
});

test('a folder that was named in vain is named again', () => {
  expect(availabilityOf(undefined, driver, { ATTUNE_CUDA_DIR: '/old' }, none)).toMatchObject({
    reason: expect.stringMatching(
      /not installed, and ATTUNE_CUDA_DIR names \/old, where nothing is prepared$/,
    ),
  });
});
