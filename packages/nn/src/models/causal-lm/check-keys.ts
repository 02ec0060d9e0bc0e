import { AttuneError, didYouMean } from '@attune/core';

/**
 * Checks that a configuration has no keys but its own: one that is misspelled would otherwise leave the default in place.
 * A key whose value is `undefined` is none.
 *
 * @throws AttuneError UNKNOWN_KEY with the nearest known key.
 */
export function checkKeys(options: object, keys: Readonly<Record<string, true>>): void {
  for (const [key, value] of Object.entries(options)) {
    if (value === undefined || Object.hasOwn(keys, key)) continue;
    throw new AttuneError('UNKNOWN_KEY', `"${key}" is not a part of a model's configuration.`, {
      fix: didYouMean(key, Object.keys(keys)),
      data: { keys: [key] },
    });
  }
}
