/**
 * The paths that a pattern stands for: `*` and `?` within a name, `**` across folders. All else stands for itself.
 */
export function globPattern(glob: string): RegExp {
  const source = glob.replaceAll(/\*{2,}\/?|\*|\?|[\\^$.|+()[\]{}/-]/g, (part) => {
    if (part.startsWith('**')) return part.endsWith('/') ? '(?:[^/]+/)*' : '.*';
    if (part === '*') return '[^/]*';
    return part === '?' ? '[^/]' : `\\${part}`;
  });
  return new RegExp(`^${source}$`);
}
