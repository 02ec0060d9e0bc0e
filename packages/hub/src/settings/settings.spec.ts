import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultLimits } from './limits.js';
import { readSettings } from './settings.js';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'attune-hub-home-'));
});
afterEach(() => rm(home, { recursive: true }));

const read = (env: Record<string, string> = {}) => readSettings({ HOME: home, ...env });

test('without any variable, things are where Hugging Face has them', async () => {
  expect(await read()).toEqual({
    endpoint: 'https://huggingface.co',
    cacheDir: join(home, '.cache/huggingface/hub'),
    token: undefined,
    tokenWithheld: false,
    tokenPath: join(home, '.cache/huggingface/token'),
    offline: false,
    symlinks: true,
    timeoutMs: 30_000,
    limits: defaultLimits(30_000),
  });
});

test.each([
  [{ XDG_CACHE_HOME: '/xdg' }, '/xdg/huggingface/hub'],
  [{ XDG_CACHE_HOME: '/xdg', HF_HOME: '/hf' }, '/hf/hub'],
  [{ HF_HOME: '/hf', HUGGINGFACE_HUB_CACHE: '/old' }, '/old'],
  [{ HF_HOME: '/hf', HUGGINGFACE_HUB_CACHE: '/old', HF_HUB_CACHE: '/cache' }, '/cache'],
])('with %j, the cache is %s', async (env, cacheDir) => {
  expect(await read(env as Record<string, string>)).toMatchObject({ cacheDir });
});

test('~ is the home', async () => {
  expect(await read({ HF_HOME: '~/hf' })).toMatchObject({ cacheDir: join(home, 'hf/hub') });
});

test.each([
  ['https://hub.example/', 'https://hub.example'],
  ['http://localhost:8080/hf//', 'http://localhost:8080/hf'],
])('HF_ENDPOINT %s', async (HF_ENDPOINT, endpoint) => {
  expect(await read({ HF_ENDPOINT })).toMatchObject({ endpoint });
});

test.each([
  'hub.example',
  'file:///etc',
  'ftp://hub.example',
  'https://user:secret@hub.example',
  'https://a?b=secret',
])('HF_ENDPOINT %s is refused, and not repeated', async (HF_ENDPOINT) => {
  const error: unknown = await read({ HF_ENDPOINT }).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'INVALID_CONFIG' });
  expect(String(error)).not.toContain('secret');
});

test('whoever has more patience has it for all of it', async () => {
  const { timeoutMs, limits } = await read({ HF_HUB_DOWNLOAD_TIMEOUT: '300' });
  expect(timeoutMs).toBe(300_000);
  expect(limits).toMatchObject({ slowMs: 300_000, responseMs: 1_200_000 });
});

describe.each([
  ['https://hub.example', true],
  ['http://hub.example', false],
  ['http://localhost.example', false],
  ['http://127.0.0.1.example', false],
  ['http://10.0.0.7:8080', false],
  ['http://127.0.0.1:8080', true],
  ['http://localhost:8080/hf', true],
  ['http://[::1]:8080', true],
])('to %s', (HF_ENDPOINT, isSent) => {
  test(`a token is ${isSent ? '' : 'not '}sent`, async () => {
    const settings = await read({ HF_ENDPOINT, HF_TOKEN: 'hf_x' });
    expect(settings).toMatchObject({ token: isSent ? 'hf_x' : undefined, tokenWithheld: !isSent });
  });
});

describe('the token', () => {
  beforeEach(async () => {
    await mkdir(join(home, 'hf'));
    await writeFile(join(home, 'hf/token'), 'hf_file\n');
    await writeFile(join(home, 'other'), 'hf_other');
  });

  test.each([
    ['is read from the file that `hf auth login` writes', {}, 'hf_file'],
    ['is read from another', { HF_TOKEN_PATH: '~/other' }, 'hf_other'],
    ['is rather that of the variable', { HF_TOKEN: ' hf_variable ' }, 'hf_variable'],
    ['is not read where that is not wanted', { HF_HUB_DISABLE_IMPLICIT_TOKEN: '1' }, undefined],
  ])('%s', async (_, env, token) => {
    expect(await read({ HF_HOME: '~/hf', ...(env as Record<string, string>) })).toMatchObject({ token });
  });

  test('with characters that no header may have is refused, and not repeated', async () => {
    const error: unknown = await read({ HF_TOKEN: 'hf_se\ncret' }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'INVALID_CONFIG', message: expect.stringContaining('HF_TOKEN') });
    expect(String(error)).not.toContain('cret');
  });
});

test.each(['1', 'true', 'YES', 'on'])('HF_HUB_OFFLINE=%s', async (HF_HUB_OFFLINE) => {
  expect(await read({ HF_HUB_OFFLINE })).toMatchObject({ offline: true });
  expect(await read({ HF_HUB_OFFLINE: '0' })).toMatchObject({ offline: false });
});
