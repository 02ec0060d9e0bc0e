/** So many are read; more only hide what is wrong. */
const SHOWN = 8;

/**
 * Lists faults for a message: the first ones, and how many more there are. All of them belong into the error's data.
 */
export function listFaults(faults: readonly string[]): string {
  const more = faults.length - SHOWN;
  return more <= 1 ? faults.join('; ') : `${faults.slice(0, SHOWN).join('; ')}; and ${more} more`;
}
