import { formatCount } from '@attune/runs';
import type { Colors } from '../printing/colors.js';
import { joined, styled, type Styled, type Text } from '../printing/styled.js';
import { plural, shortened } from '@attune/core';
import type { ReportText } from './report.js';
import { trainedTokens, weightClass, type InspectedRow, type WeightClass } from './inspected-row.js';
import { visible } from './visible.js';

function painter(colors: Colors): Readonly<Record<WeightClass, (text: string) => Styled>> {
  return {
    untrained: colors.dim,
    lighter: colors.yellow,
    trained: colors.green,
    heavier: colors.magenta,
  };
}

/** The legend of the colours, or of the marks where there are none. */
export function legend(colors: Colors): Text {
  if (!colors.isColorSupported) {
    return 'Trained tokens are in «», with their weight where it is not 1; ⏎ is a line feed.';
  }
  const paint = painter(colors);
  const marks = [
    paint.trained('trained'),
    paint.untrained('not trained'),
    paint.lighter('weight below 1'),
    paint.heavier('weight above 1'),
    '⏎ is a line feed',
  ];
  return joined(marks, ', ');
}

/** A row for a terminal: a heading, and its tokens in the colour of their weight, or in marks where there is none. */
export function rowLines(row: InspectedRow, colors: Colors): Styled {
  const { file, line, part, ids, lossMask, tokens, label } = row;
  const heading =
    `${visible(file)}, line ${line} (${part}): ${plural(ids.length, 'token')}, ` +
    `${formatCount(trainedTokens(row))} trained${label === undefined ? '' : `, label ${visible(JSON.stringify(label))}`}`;
  const paint = painter(colors);
  const texts: Text[] = [];
  for (let start = 0, end = 0; start < ids.length; start = end) {
    while (end < ids.length && lossMask[end] === lossMask[start]) end++;
    const weight = lossMask[start]!;
    const stretch = visible(tokens.slice(start, end).join(''));
    if (colors.isColorSupported) {
      // Line by line: a colour that goes on over a line end is lost in a pager.
      const lines = stretch.split('\n');
      texts.push(
        joined(
          lines.map((line) => line && paint[weightClass(weight)](line)),
          '\n',
        ),
      );
    } else {
      texts.push(weight === 0 ? stretch : `«${weight === 1 ? '' : `${weight}: `}${stretch}»`);
    }
  }
  const text = joined(texts);
  return styled`${colors.bold(heading)}\n${text}${text.codes.endsWith('\n') ? '' : '\n'}`;
}

/** A report as lines, warnings last. */
export function reportLines({ lines, warnings }: ReportText, colors: Colors): Styled {
  const width = Math.max(...lines.map(([name]) => (name.length > LONGEST_NAME ? 0 : name.length)));
  const shown = lines.map(
    ([name, value]) => styled`${colors.bold(visible(name).padEnd(width))}  ${visible(value)}\n`,
  );
  const warned = warnings.map(
    (warning) => styled`${colors.yellow('warning')}: ${visible(shortened(warning))}\n`,
  );
  return joined([...shown, ...warned]);
}

/** Longer names, such as paths, do not push the values of all others to the right. */
const LONGEST_NAME = 24;
