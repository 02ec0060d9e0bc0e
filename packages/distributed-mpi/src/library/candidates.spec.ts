import { candidates } from './candidates.js';

test('the libraries that the launcher belongs to come first', () => {
  expect(candidates([], 'linux', undefined)[0]).toBe('libmpi.so.40');
  expect(candidates(['mpich'], 'linux', undefined)).toEqual([
    'libmpich.so.12',
    'libmpi.so.12',
    'libmpi_cray.so.12',
    'libmpi.so.40',
    'libmpi.so',
  ]);
  expect(candidates(['openmpi'], 'darwin', undefined)).toContain('/opt/homebrew/lib/libmpi.dylib');
});

test('a library that is named is the only one, and never one of the current folder', () => {
  expect(candidates(['mpich'], 'linux', '/opt/mpi/libmpi.so')).toEqual(['/opt/mpi/libmpi.so']);
  for (const name of ['libmpi.so', './libmpi.so', '']) {
    expect(() => candidates([], 'linux', name)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
  }
});
