import type { colorsFor } from '../colors.js';
import { formatCount } from '../run/format.js';
import type { ReportText } from './report.js';
import { trainedTokens, weightClass, type InspectedRow, type WeightClass } from './inspected-row.js';
import { visible } from './token-texts.js';

type Colors = ReturnType<typeof colorsFor>;

function painter(colors: Colors): Readonly<Record<WeightClass, (text: string) => string>> {
  return {
    untrained: colors.dim,
    lighter: colors.yellow,
    trained: colors.green,
    heavier: colors.magenta,
  };
}

/** What the colours mean, or the marks where there are none. */
export function legend(colors: Colors): string {
  if (!colors.isColorSupported) {
    return 'Trained tokens stand in «», with their weight where it is not 1; ⏎ is a line feed.';
  }
  const paint = painter(colors);
  return [
    paint.trained('trained'),
    paint.untrained('not trained'),
    paint.lighter('weight below 1'),
    paint.heavier('weight above 1'),
    '⏎ is a line feed',
  ].join(', ');
}

/** A row for a terminal: a heading, and its tokens in the colour of their weight, or in marks where there is none. */
export function rowLines(row: InspectedRow, colors: Colors): string {
  const { file, line, part, ids, lossMask, tokens, label } = row;
  const heading =
    `${visible(file)}, line ${line} (${part}): ${formatCount(ids.length)} tokens, ` +
    `${formatCount(trainedTokens(row))} trained${label === undefined ? '' : `, label ${visible(JSON.stringify(label))}`}`;
  const paint = painter(colors);
  let text = '';
  for (let start = 0, end = 0; start < ids.length; start = end) {
    while (end < ids.length && lossMask[end] === lossMask[start]) end++;
    const weight = lossMask[start]!;
    const stretch = visible(tokens.slice(start, end).join(''));
    if (colors.isColorSupported) {
      // Line by line: a colour that goes on over a line end is lost in a pager.
      const lines = stretch.split('\n');
      text += lines.map((line) => line && paint[weightClass(weight)](line)).join('\n');
    } else {
      text += weight === 0 ? stretch : `«${weight === 1 ? '' : `${weight}: `}${stretch}»`;
    }
  }
  return `${colors.bold(heading)}\n${text}${text.endsWith('\n') ? '' : '\n'}`;
}

/** A report as lines, warnings last. */
export function reportLines({ lines, warnings }: ReportText, colors: Colors): string {
  const width = Math.max(...lines.map(([name]) => (name.length > LONGEST_NAME ? 0 : name.length)));
  const shown = lines.map(
    ([name, value]) => `${colors.bold(visible(name).padEnd(width))}  ${visible(value)}\n`,
  );
  const warned = warnings.map((warning) => `${colors.yellow('warning')}: ${visible(warning)}\n`);
  return [...shown, ...warned].join('');
}

/** Longer names, such as paths, do not push the values of all others to the right. */
const LONGEST_NAME = 24;
