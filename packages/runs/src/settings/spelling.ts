/** `blockSize` → `--block-size`. */
export function flagOf(key: string): string {
  return `--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** `block_size` and `block-size` → `blockSize`. */
export function keyOf(spelling: string): string {
  return spelling.replaceAll(/[-_]+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** `--block_size=8` → `--block-size=8`, if `--block-size` is a flag; anything else as it is. */
export function normalizeFlag(argument: string, flags: ReadonlySet<string>): string {
  const [, name, rest] = /^(--[^=]+)(.*)$/s.exec(argument) ?? [];
  if (name === undefined || !name.includes('_')) return argument;
  const normalized = name.replaceAll('_', '-');
  return flags.has(normalized) ? normalized + rest : argument;
}
