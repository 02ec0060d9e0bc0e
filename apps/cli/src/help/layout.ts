import type { Argument, Help } from 'commander';

/** Longer lines are hard to read, on however wide a terminal. */
const MAX_WIDTH = 120;
/** Fewest columns that a description is worth setting beside its flag in. */
const MIN_DESCRIPTION = 56;
/** Widest column of flags where there is less room; longer flags have a line of their own. */
const NARROW_TERM = 26;
const INDENT = 2;
const GAP = 2;

/** Columns for help on a terminal of so many; 80 where there is none. */
export function helpWidth(columns: number | undefined): number {
  return Math.min(columns ?? 80, MAX_WIDTH);
}

/** A term and its description, in two columns; neither breaks a word. */
function formatItem(term: string, termWidth: number, description: string, helper: Help): string {
  const margin = ' '.repeat(INDENT);
  if (description === '') return margin + term;
  const column = INDENT + termWidth + GAP;
  const width = Math.max((helper.helpWidth ?? 80) - column, 20);
  const lines = helper.boxWrap(description, width).split('\n');
  const isWide = helper.displayWidth(term) > termWidth;
  const first = isWide
    ? `${margin}${term}\n${' '.repeat(column)}`
    : `${margin}${term.padEnd(termWidth + GAP)}`;
  return first + lines.join(`\n${' '.repeat(column)}`);
}

/** The width of the column of terms: that of the longest where there is room for it. */
function termColumn(longest: number, width: number): number {
  return width - longest - INDENT - GAP >= MIN_DESCRIPTION ? longest : Math.min(longest, NARROW_TERM);
}

/** `<run>`, `[file]` or `<files...>`, as in the usage line of the command itself. */
function argumentTerm(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

/** How commander lays out help: in two columns that fit the terminal. */
export const helpLayout = {
  showGlobalOptions: true,
  minWidthToWrap: 20,
  padWidth: (command, helper) =>
    termColumn(
      Math.max(
        helper.longestOptionTermLength(command, helper),
        helper.longestGlobalOptionTermLength(command, helper),
        helper.longestSubcommandTermLength(command, helper),
        helper.longestArgumentTermLength(command, helper),
      ),
      helper.helpWidth ?? 80,
    ),
  formatItem,
  subcommandTerm: (command) => [command.name(), ...command.registeredArguments.map(argumentTerm)].join(' '),
} satisfies Partial<Help>;

/** A section below the flags: terms and what they are. */
export function helpSection(
  heading: string,
  items: readonly (readonly [term: string, description: string])[],
  helper: Help,
): string {
  const width = termColumn(Math.max(...items.map(([term]) => term.length)), helper.helpWidth ?? 80);
  const lines = items.map(([term, description]) => formatItem(term, width, description, helper));
  return `\n${heading}:\n${lines.join('\n')}\n`;
}
