import { chmodSync, chownSync, lchownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writableByOthers, type Identity } from './writable-by-others.js';

let root: string;
let folder: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'attune-owner-'));
  folder = join(root, 'a', 'b');
  mkdirSync(folder, { recursive: true });
  // What is not entered by others needs no look into it.
  for (const at of [root, join(root, 'a'), folder]) chmodSync(at, 0o755);
});
afterEach(() => rmSync(root, { recursive: true }));

const isRoot = process.getuid!() === 0;

/** Another user's eyes: root's own files are everybody's to trust, so there the file changes its owner instead. */
function asAnother(path: string): Identity {
  if (isRoot) lchownSync(path, 4242, 4242);
  return isRoot ? { uid: 0, gid: 0 } : { uid: process.getuid!() + 1, gid: process.getgid!() + 1 };
}

test('what only its user can write to', () => {
  expect(writableByOthers(folder)).toBeUndefined();
});

test.each([0o777, 0o757, 0o1777])('others may write to it: mode %o', (mode) => {
  chmodSync(folder, mode);
  expect(writableByOthers(folder)).toBe(`other users may write to ${folder} (mode ${mode.toString(8)})`);
});

test('others may write to a folder above it, and so replace it; in one like /tmp, they cannot', () => {
  chmodSync(join(root, 'a'), 0o777);
  expect(writableByOthers(folder)).toContain(`${join(root, 'a')} (mode 777)`);
  chmodSync(join(root, 'a'), 0o1777);
  expect(writableByOthers(folder)).toBeUndefined();
});

test('what lies in a folder that others cannot enter is safe whatever its mode', () => {
  chmodSync(folder, 0o777);
  chmodSync(join(root, 'a'), 0o700);
  expect(writableByOthers(folder)).toBeUndefined();
});

test('a group may write only if it is its user’s alone', () => {
  if (!isRoot) return;
  chmodSync(folder, 0o775);
  chownSync(folder, 1000, 1000);
  expect(writableByOthers(folder, { uid: 1000, gid: 1000 })).toBeUndefined();
  chownSync(folder, 1000, 100);
  expect(writableByOthers(folder, { uid: 1000, gid: 100 })).toContain('(mode 775)');
});

test('another user’s folder is his to fill, and so is a link of his', () => {
  symlinkSync(folder, join(root, 'link'));
  expect(writableByOthers(join(root, 'link'))).toBeUndefined();
  expect(writableByOthers(join(root, 'link'), asAnother(join(root, 'link')))).toMatch(
    /belongs to another user \(\d+\)$/,
  );
  expect(writableByOthers(folder, asAnother(folder))).toMatch(/belongs to another user \(\d+\)$/);
});

test('a link leads to what others may write to', () => {
  symlinkSync(folder, join(root, 'link'));
  chmodSync(folder, 0o777);
  expect(writableByOthers(join(root, 'link'))).toContain(`${folder} (mode 777)`);
});

test('a relative path is another one elsewhere, and what is not there cannot be trusted', () => {
  expect(writableByOthers('cuda')).toMatch(/^cuda is relative/);
  expect(writableByOthers(join(root, 'nowhere'))).toMatch(/cannot be looked at: ENOENT/);
});
