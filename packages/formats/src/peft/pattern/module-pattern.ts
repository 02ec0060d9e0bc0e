import { AttuneError } from '@attune/core';
import { BudgetSpent, matchesWhole, type Budget } from './match.js';
import { parsePattern } from './parse.js';

/** Enough for thousands of modules and any pattern that someone wrote: a second or two. */
const STEPS = 4e6;

/**
 * The paths that a pattern matches whole, as Python's `re.fullmatch`, by which peft finds modules. Patterns of strangers
 * are safe: the work is bounded.
 *
 * @throws AttuneError INVALID_ARGUMENT for what is no pattern of Python's, has parts that only Python matches, or takes too
 * long.
 */
export function matchPaths(pattern: string, paths: Iterable<string>): string[] {
  const node = parsePattern(pattern);
  const budget: Budget = { steps: STEPS };
  try {
    return [...paths].filter((path) => matchesWhole(node, path, budget));
  } catch (error) {
    if (!(error instanceof BudgetSpent)) throw error;
    throw new AttuneError(
      'INVALID_ARGUMENT',
      `The pattern takes too long to match: ${pattern.slice(0, 100)}`,
      {
        fix: 'Name the modules, or repeat less within what is repeated.',
        cause: error,
      },
    );
  }
}
