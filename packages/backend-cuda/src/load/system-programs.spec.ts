import { delimiter, join, sep } from 'node:path';
import { systemPrograms } from './system-programs.js';

const path = (...folders: string[]) => folders.join(delimiter);

test('programs are not taken from the current folder, nor from where npx puts those of a project', () => {
  const [usr, home] = [join(sep, 'usr', 'bin'), join(sep, 'home', 'me', 'bin')];
  const bin = join(sep, 'stranger', 'node_modules', '.bin');
  const given = { PATH: path(bin, usr, '', '.', 'node_modules/.bin', `${bin}${sep}`, home), LANG: 'C' };
  const { env, cwd } = systemPrograms(given);
  expect(env).toEqual({ PATH: path(usr, home), LANG: 'C' });
  expect(cwd).not.toBe(process.cwd());
  expect(systemPrograms({ Path: path(bin, usr) }).env).toEqual({ Path: usr });
});
