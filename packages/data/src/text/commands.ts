import { shellWord } from '@attune/core';

/** A path with another ending: that of `from`, whatever its case, or else appended. */
export function renamed(path: string, from: string, to: string): string {
  const has = path.toLowerCase().endsWith(from);
  if (has) return path.slice(0, -from.length) + to;
  return path + (to === '' ? '.unpacked' : to);
}

/** A path beside another one: `data.jsonl` with `.utf8` is `data.utf8.jsonl`. */
export function sidecar(path: string, mark: string): string {
  const [, stem = path, ending = ''] = /^(.*[^./\\])(\.[^./\\]+)$/s.exec(path) ?? [];
  return stem + mark + ending;
}

/** The command that turns text of another encoding into UTF-8. */
export function convertCommand(encoding: string, from: string, to: string): string {
  return `iconv -f ${encoding} -t UTF-8 ${shellWord(from)} > ${shellWord(to)}`;
}
