import { ok, warning, type Check } from '../../facts/finding.js';

/** The character set that the locale names. */
function charset(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '';
  return /\.([\w-]+)/.exec(locale)?.[1];
}

export const terminal: Check = ({ env, isTTY }) => {
  if (!isTTY) return [];
  const isDumb = env['TERM'] === 'dumb';
  const reason = isDumb ? 'TERM=dumb' : env['NO_COLOR'] ? 'NO_COLOR is set' : undefined;
  const found = [ok('terminal', reason === undefined ? 'terminal with colours' : `no colours: ${reason}`)];
  const set = charset(env);
  if (set === undefined || /^utf-?8$/i.test(set)) return found;
  return [
    ...found,
    warning(
      'locale',
      `the terminal is set to ${set}, and attune writes UTF-8: other letters than English ones may come out wrong`,
      'Use a UTF-8 locale: export LC_ALL=C.UTF-8.',
    ),
  ];
};
