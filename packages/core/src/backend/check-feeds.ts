import type { FeedBound } from '../builder/feed-bounds.js';
import { AttuneError, didYouMean } from '../errors/index.js';
import type { Program } from '../program/program.js';
import { formatSpec, hasAllElements, sameSpec, type HostTensors } from '../tensor/index.js';

/** Every way in which feeds do not match what a program takes. */
function feedFaults(program: Program, feeds: HostTensors): string[] {
  const names = Object.keys(program.feeds);
  const missing = names.filter((name) => !feeds[name]).map((name) => `"${name}" is missing`);
  const unknown = Object.keys(feeds)
    .filter((name) => !program.feeds[name])
    .map((name) => `"${name}" is not a feed (${didYouMean(name, names)})`);
  const wrong = names.flatMap((name) => {
    const [expected, got] = [program.feeds[name]!, feeds[name]];
    if (!got) return [];
    if (!sameSpec(expected, got))
      return [`"${name}" must be ${formatSpec(expected)}, but is ${formatSpec(got)}`];
    return hasAllElements(got)
      ? []
      : [`"${name}" is ${formatSpec(got)}, but has ${got.data.length} elements`];
  });
  return [...missing, ...unknown, ...wrong];
}

/** The first index that is out of its bounds. */
function checkIndices(program: Program, { feed, op, limit, ignored }: FeedBound, feeds: HostTensors): void {
  const { data } = feeds[feed]!;
  let position = 0;
  // A loop: findIndex calls a function for each token, and takes ten times as long.
  for (; position < data.length; position++) {
    const index = data[position]!;
    if ((index < 0 || index >= limit) && index !== ignored) break;
  }
  if (position === data.length) return;
  const index = data[position]!;
  const others = ignored === undefined ? '' : `, or ${ignored}`;
  throw new AttuneError(
    'TOKEN_OUT_OF_RANGE',
    `Feed "${feed}" of program "${program.name}": element ${position} is ${index}, but ${op} takes indices in ` +
      `[0, ${limit})${others}.`,
    {
      fix:
        ignored === undefined
          ? 'Give the model as large a vocabulary as the data has, or check the data.'
          : 'Give the model as large a vocabulary as the data has; a target without loss has to be the ignoreIndex.',
      data: { feed, position, index, limit },
    },
  );
}

/**
 * Checks what is fed to a run before anything of it happens.
 *
 * @throws AttuneError FEED_MISMATCH, which lists every fault; TOKEN_OUT_OF_RANGE for an index that no engine has to notice.
 */
export function checkFeeds(program: Program, bounds: readonly FeedBound[], feeds: HostTensors): void {
  const faults = feedFaults(program, feeds);
  if (faults.length > 0) {
    throw new AttuneError('FEED_MISMATCH', `Feeds of program "${program.name}": ${faults.join('; ')}.`);
  }
  for (const bound of bounds) checkIndices(program, bound, feeds);
}
