import { AttuneError, fileReadError, fileWriteError } from './index.js';

const failed = (code: string, syscall = 'open') =>
  Object.assign(new Error(`${code}: said the system`), { code, syscall });
const reading = (cause: unknown) => fileReadError('data.txt', cause, 'Check the path.');

test.each([
  ['ENOENT', 'open'],
  // Something below a file.
  ['ENOTDIR', 'open'],
])('nothing is there: %s', (code, syscall) => {
  const error = reading(failed(code, syscall));
  expect(error).toMatchObject({ code: 'FILE_NOT_FOUND', fix: 'Check the path.' });
  expect(error.message).toBe('data.txt does not exist. Check the path.');
});

test.each([
  ['EISDIR', 'read', 'is a folder, not a file', 'Check the path.'],
  ['ENOTDIR', 'scandir', 'is not a folder', 'Check the path.'],
  ['EACCES', 'open', 'may not be read', 'Ask its owner'],
  ['EPERM', 'open', 'may not be read', 'Ask its owner'],
  ['ELOOP', 'open', 'is a link that leads back to itself', 'Replace it'],
  ['EMFILE', 'open', 'cannot be opened: EMFILE: said the system', 'ulimit -n'],
  ['EIO', 'read', 'cannot be read: EIO: said the system', 'Check the disk'],
])('something is there, and cannot be read: %s of %s', (code, syscall, reason, fix) => {
  const cause = failed(code, syscall);
  expect(reading(cause)).toMatchObject({
    code: 'FILE_READ',
    message: expect.stringContaining(`data.txt ${reason}`),
    fix: expect.stringContaining(fix),
    cause,
  });
});

test('errors of ours stay what they are', () => {
  const error = new AttuneError('FILE_CORRUPT', 'It is cut off.');
  expect(reading(error)).toBe(error);
});

test.each([
  ['ENOENT', 'its folder does not exist', 'Make the folder'],
  ['EEXIST', 'a file is where a folder has to be', 'Choose another name'],
  ['EROFS', 'EROFS: said the system', 'that you may write to'],
  ['ENOSPC', 'ENOSPC: said the system', 'Free some disk space'],
  ['EIO', 'EIO: said the system', 'Check that the folder is writable'],
])('what cannot be written, and what to do: %s', (code, reason, fix) => {
  expect(fileWriteError('out.txt', failed(code))).toMatchObject({
    code: 'FILE_WRITE',
    message: expect.stringContaining(`out.txt cannot be written: ${reason}.`),
    fix: expect.stringContaining(fix),
  });
});
