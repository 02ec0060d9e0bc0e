import { AttuneError } from '@attune/core';

/**
 * Splits a text of n characters after ⌊n · (1 − valFraction)⌋ of them. Characters are code points, as Python counts
 * them: nanoGPT's `prepare.py` splits at the same place.
 *
 * @throws AttuneError INVALID_ARGUMENT if `valFraction` is not in [0, 1).
 */
export function splitText(text: string, valFraction: number): [train: string, val: string] {
  if (!(valFraction >= 0 && valFraction < 1)) {
    throw new AttuneError(
      'INVALID_ARGUMENT',
      `The validation fraction must be in [0, 1), but is ${valFraction}.`,
    );
  }
  let characters = 0;
  for (let i = 0; i < text.length; i += unitsAt(text, i)) characters++;
  const trainCharacters = Math.floor(characters * (1 - valFraction));
  let split = 0;
  for (let taken = 0; taken < trainCharacters; taken++) split += unitsAt(text, split);
  return [text.slice(0, split), text.slice(split)];
}

/** UTF-16 units of the character at `index`. */
function unitsAt(text: string, index: number): 1 | 2 {
  return text.codePointAt(index)! > 0xffff ? 2 : 1;
}
