import { readFile } from 'node:fs/promises';
import { AttuneError, fileReadError } from '@attune/core';
import { isLoopback } from '@attune/serve/node';

/** The environment variable with a key. A flag would show it to whoever lists processes. */
const API_KEY = 'ATTUNE_API_KEY';

/** Shorter ones are guessed. */
const SHORTEST = 16;

/** The keys of a file: one a line, without what follows a `#`. */
async function keysOfFile(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw fileReadError(path, cause, 'Check the path.');
  });
  const keys = text.split('\n').map((line) => line.replace(/#.*/, '').trim());
  const found = keys.filter((key) => key !== '');
  if (found.length > 0) return found;
  throw new AttuneError('FILE_EMPTY', `${path} has no API keys.`, { fix: 'Write one a line.' });
}

/**
 * The API keys of a server: of the environment and of a file.
 *
 * @throws AttuneError INVALID_CONFIG if there is none and the server is reached from other machines, or if one is easily
 * guessed; as reading the file does.
 */
export async function apiKeys(
  host: string,
  file: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Promise<readonly string[]> {
  const own = env[API_KEY]?.trim();
  const keys = [...(own ? [own] : []), ...(file === undefined ? [] : await keysOfFile(file))];
  if (keys.some((key) => key.length < SHORTEST || /[^\x21-\x7e]/.test(key))) {
    throw new AttuneError(
      'INVALID_CONFIG',
      `An API key is shorter than ${SHORTEST} characters, or has others than letters, digits and signs.`,
      {
        fix: 'Make one with: openssl rand -hex 32',
      },
    );
  }
  if (keys.length > 0 || isLoopback(host)) return keys;
  throw new AttuneError(
    'INVALID_CONFIG',
    `With --host ${host}, other machines reach the server, and it has no API key.`,
    {
      fix: `Set ${API_KEY} (openssl rand -hex 32 makes a key), or name a file of keys with --api-key-file.`,
    },
  );
}
