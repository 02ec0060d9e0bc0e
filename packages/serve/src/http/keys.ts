import { ApiError } from '../api/api-error.js';

const bytes = new TextEncoder();

async function digest(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes.encode(text)));
}

/** True if two digests are equal, found in a time that does not depend on where they differ. */
function sameDigest(a: Uint8Array, b: Uint8Array): boolean {
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ b[i]!;
  return difference === 0;
}

/**
 * Checks that requests show one of some keys.
 *
 * @returns a function that throws ApiError 401 for a request that does not.
 */
export function keyCheck(keys: readonly string[]): (request: Request) => Promise<void> {
  const known = Promise.all(keys.map(digest));
  return async ({ headers }) => {
    const [, shown] = /^Bearer +(\S+)$/i.exec(headers.get('authorization') ?? '') ?? [];
    if (shown === undefined) throw unauthorized('An API key is needed, as "Authorization: Bearer KEY".');
    const given = await digest(shown);
    // All are looked at, so that the time does not tell which it is.
    const matches = (await known).filter((key) => sameDigest(key, given));
    if (matches.length === 0) throw unauthorized('The API key is not one of those of this server.');
  };
}

function unauthorized(message: string): ApiError {
  return new ApiError(401, message, {
    ...{ type: 'authentication_error', code: 'invalid_api_key' },
    headers: { 'www-authenticate': 'Bearer' },
  });
}
