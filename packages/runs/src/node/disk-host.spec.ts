import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { diskFolder } from '@attune/files/node';
import { plainFormat } from '../record/plain-format.js';
import { HEADING } from '../record/run-files.js';
import { diskHost } from './disk-host.js';

const host = diskHost({ withBackend: (_, work) => work({} as never) });

let folder: string;
const at = (...names: string[]) => join(folder, ...names);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-host-'));
  for (const name of ['base', 'run/final']) await mkdir(at(name), { recursive: true });
});
afterEach(() => rm(folder, { recursive: true }));

test('a name is a path', async () => {
  const { folder: found, name } = await host.locate(`${at('base')}/`);
  expect([found.name, name]).toEqual([at('base'), `${at('base')}/`]);
  await expect(host.locate(at('nowhere'))).rejects.toMatchObject({
    code: 'FILE_NOT_FOUND',
    message: expect.stringContaining(`There is no folder ${at('nowhere')}.`),
  });
});

describe('the base that an adapter names', () => {
  const base = (name: string, revision?: string) =>
    host.locateBase(diskFolder(at('run', 'final')), { name, revision });

  it('is that of the run it lies in, whose configuration has the whole path', async () => {
    expect(await base('./base')).toBeUndefined();
    const config = { model: at('base'), data: 'rows.jsonl', method: 'lora' };
    await writeFile(at('run', 'config.yaml'), plainFormat.write(config, HEADING));
    expect(await base('./base')).toBe(at('base'));
    expect(await base('./other')).toBeUndefined();
  });

  it('is a folder, seen from the adapter as well', async () => {
    expect(await base(at('base'))).toBe(at('base'));
    expect(await base('../../base')).toBe(at('base'));
    expect(await base('../base')).toBeUndefined();
  });

  it('is else a name, with the commit if there is one', async () => {
    expect(await base('organisation/model')).toBe('organisation/model');
    expect(await base('organisation/model', 'abc')).toBe('organisation/model@abc');
    expect(await base('organisation/model@main', 'abc')).toBe('organisation/model@main');
  });
});

test('a run that names no data needs to be told how to make some', async () => {
  const prepared = host.prepareOwnData(diskFolder(at('run', 'data')), true);
  await expect(prepared).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
});
