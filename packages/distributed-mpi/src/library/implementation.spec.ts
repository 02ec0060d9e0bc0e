import { readVersion } from './implementation.js';

test.each([
  ['Open MPI v4.1.4, package: Debian Open MPI, ident: 4.1.4, repo rev: v4.1.4, May 26, 2022', 'openmpi', 'Open MPI 4.1.4'],
  ['MPICH Version:\t4.0.2\nMPICH Release date:\tThu Apr  7', 'mpich', 'MPICH 4.0.2'],
  ['Intel(R) MPI Library 2021.11 for Linux* OS', 'mpich', 'Intel MPI 2021.11'],
  ['MVAPICH2 Version      :\t2.3.7\nMVAPICH2 Release date', 'mpich', 'MVAPICH 2.3.7'],
  ['MPI VERSION    : CRAY MPICH version 8.1.28.15 (ANL base 3.4a2)', 'mpich', 'Cray MPICH 8.1.28.15'],
])('%s', (text, implementation, name) => {
  expect(readVersion(text)).toEqual({ implementation, name });
}); // prettier-ignore

test('an unknown library is none', () => {
  expect(readVersion('HPE MPT 2.30')).toBeUndefined();
});
