import { createColors } from 'picocolors';
import { codesOf, Styled, type Text } from './styled.js';

const NAMES = ['bold', 'dim', 'red', 'green', 'yellow', 'magenta', 'cyan'] as const;

type Paint = (text: Text) => Styled;

/** Colours of texts; where there are none, each gives the text as it is. */
export type Colors = Readonly<Record<(typeof NAMES)[number], Paint>> & { readonly isColorSupported: boolean };

/** Colours for a stream: none where it is no terminal, or a dumb one, or `NO_COLOR` is set (https://no-color.org). */
export function colorsFor(
  output: { readonly isTTY?: boolean },
  { env }: { readonly env: Readonly<Record<string, string | undefined>> },
): Colors {
  const colors = createColors(output.isTTY === true && env['TERM'] !== 'dumb' && !env['NO_COLOR']);
  const paints = NAMES.map((name): [string, Paint] => [
    name,
    (text) => new Styled(colors[name](codesOf(text))),
  ]);
  return {
    ...(Object.fromEntries(paints) as Record<(typeof NAMES)[number], Paint>),
    isColorSupported: colors.isColorSupported,
  };
}
