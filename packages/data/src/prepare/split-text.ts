import { AttuneError } from '@attune/core';

/**
 * How many of n characters are for training: ⌊n · (1 − valFraction)⌋. Characters are code points, as Python counts them:
 * nanoGPT's `prepare.py` splits at the same place.
 *
 * @throws AttuneError INVALID_ARGUMENT if `valFraction` is not in [0, 1); DATA_TOO_SHORT if a part would be empty.
 */
export function trainCharacters(characters: number, valFraction: number): number {
  checkFraction(valFraction);
  const train = Math.floor(characters * (1 - valFraction));
  if (train === 0 || (train === characters && valFraction > 0)) {
    throw new AttuneError(
      'DATA_TOO_SHORT',
      `The text has ${characters} characters: with a validation fraction of ${valFraction}, one of its parts is empty.`,
      { fix: 'Use more text, or another validation fraction.' },
    );
  }
  return train;
}

/** @throws AttuneError INVALID_ARGUMENT if `valFraction` is not in [0, 1). */
export function checkFraction(valFraction: number): void {
  if (valFraction >= 0 && valFraction < 1) return;
  throw new AttuneError(
    'INVALID_ARGUMENT',
    `The validation fraction must be in [0, 1), but is ${valFraction}.`,
  );
}

/**
 * Splits a text after `trainCharacters` of its characters.
 *
 * @throws AttuneError INVALID_ARGUMENT, DATA_TOO_SHORT.
 */
export function splitText(text: string, valFraction: number): [train: string, val: string] {
  const split = unitsOf(text, trainCharacters(countCharacters(text), valFraction));
  return [text.slice(0, split), text.slice(split)];
}

/** Code points of a text. */
export function countCharacters(text: string): number {
  let characters = text.length;
  for (let i = 0; i < text.length; i++) {
    if (unitsAt(text, i) === 2) {
      characters--;
      i++;
    }
  }
  return characters;
}

/** UTF-16 units of the first `characters` code points of a text. */
export function unitsOf(text: string, characters: number): number {
  let units = 0;
  for (let taken = 0; taken < characters; taken++) units += unitsAt(text, units);
  return units;
}

/** UTF-16 units of the character at `index`. */
function unitsAt(text: string, index: number): 1 | 2 {
  return text.codePointAt(index)! > 0xffff ? 2 : 1;
}
