import { hashText } from '@attune/core';

/** The stream of random numbers that belongs to a part of a model: by its path, so that it depends on nothing else. */
export function randomStream(path: string): number {
  return parseInt(hashText(path).slice(0, 8), 16);
}
