import { readdir } from 'node:fs/promises';
import { GOOD_TOKEN } from './testing/mock-hub.js';
import { createScene, tinyModel, type Scene } from './testing/setup.js';

let scene: Scene;
beforeEach(async () => {
  scene = await createScene();
});
afterEach(() => scene.end());

const setAccess = (access: 'gated' | 'private') =>
  scene.hub.repositories.set('org/tiny', tinyModel({ access }));

/** Everything that could be printed of an error. */
function everythingOf(error: unknown): string {
  const parts: string[] = [];
  for (let e = error as Error & { data?: unknown }; e; e = e.cause as typeof e) {
    parts.push(String(e), e.stack ?? '', JSON.stringify(e), JSON.stringify(e.data) ?? '');
  }
  return parts.join('\n');
}

describe.each(['gated', 'private'] as const)('a %s model', (access) => {
  beforeEach(() => setAccess(access));

  test('is fetched with a token, which only the hub sees', async () => {
    await scene.resolve({ token: GOOD_TOKEN });
    const seen = (at: string) =>
      scene.hub.requests.filter((request) => request.at === at).map(({ headers }) => headers.authorization);
    expect(new Set(seen('hub'))).toEqual(new Set([`Bearer ${GOOD_TOKEN}`]));
    expect(new Set(seen('storage'))).toEqual(new Set([undefined]));
  });

  test.each([undefined, 'hf_bad_token_0123456789'])(
    'is not with the token %s, and no error repeats it',
    async (token) => {
      const error: unknown = await scene
        .resolve({ token: token ?? false })
        .catch((reason: unknown) => reason);
      const code = access === 'private' ? 'HUB_NOT_FOUND' : 'HUB_ACCESS_DENIED';
      expect(error).toMatchObject({ code, message: expect.stringContaining(`${scene.hub.endpoint}`) });
      expect(everythingOf(error)).not.toContain('hf_bad');
    },
  );
});

test('a gated model says where to accept its terms, and how to give a token', async () => {
  setAccess('gated');
  await expect(scene.resolve()).rejects.toThrow(
    new RegExp(`gated.*Accept its terms at ${scene.hub.endpoint}/org/tiny.*/settings/tokens: as HF_TOKEN`),
  );
  await expect(scene.resolve({ token: 'hf_other' })).rejects.toThrow(/with the account your token is of/);
});

test('a gated model that may not be read leaves no folder in the cache', async () => {
  setAccess('gated');
  await expect(scene.resolve()).rejects.toMatchObject({ code: 'HUB_ACCESS_DENIED' });
  expect(await readdir(scene.cacheDir)).toEqual([]);
});

test('a token that has expired is named as the reason', async () => {
  scene.hub.intercept = (_, response) => {
    response.writeHead(401).end();
    return true;
  };
  await expect(scene.resolve({ token: 'hf_expired' })).rejects.toMatchObject({
    code: 'HUB_ACCESS_DENIED',
    message: expect.stringMatching(/does not let the token.*still valid/),
  });
});

test.each([
  ['org/nothing', undefined, /no model org\/nothing, or it is private/],
  ['org/nothing', GOOD_TOKEN, /no model org\/nothing\. .*name a folder/],
  ['org/tiny@nope', undefined, /no revision "nope".*listed at/],
  [`org/tiny@${'0'.repeat(40)}`, undefined, /no revision/],
])('%s does not exist', async (id, token, message) => {
  await expect(scene.resolve({ token: token ?? false }, id)).rejects.toMatchObject({
    code: 'HUB_NOT_FOUND',
    message: expect.stringMatching(message),
  });
});

test('a hub that sends the client on to another host does not get the token there', async () => {
  scene.hub.intercept = (request, response, at) => {
    // To the storage and back again: by then, the way has left the hub.
    const target =
      at === 'hub' ? `${scene.hub.storageOrigin}${request.url}` : `${scene.hub.endpoint}/a/stolen`;
    if (request.url === '/a/stolen') return false;
    response.writeHead(307, { location: target }).end();
    return true;
  };
  await expect(scene.resolve({ token: GOOD_TOKEN })).rejects.toMatchObject({ code: 'HUB_ACCESS_DENIED' });
  const [first, ...others] = scene.hub.requests.map(({ headers }) => headers.authorization);
  expect(first).toBe(`Bearer ${GOOD_TOKEN}`);
  expect(new Set(others)).toEqual(new Set([undefined]));
});

test('nor does one that goes on with its list elsewhere', async () => {
  scene.hub.intercept = (request, response, at) => {
    if (at === 'hub' && !request.url!.includes('/tree/')) return false;
    if (at === 'hub') response.setHeader('link', `<${scene.hub.storageOrigin}/more>; rel="next"`);
    response.end('[]');
    return true;
  };
  await expect(scene.resolve({ token: GOOD_TOKEN })).rejects.toMatchObject({ code: 'UNSUPPORTED_MODEL' });
  const [last] = scene.hub.requests.slice(-1);
  expect(last).toMatchObject({ at: 'storage', url: '/more' });
  expect(last!.headers.authorization).toBeUndefined();
});
