/** A file of a repository, as the hub lists it. */
export interface HubFile {
  /** Its name, in the root folder of the repository. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** The name of its blob in the cache, and what its content has to hash to. */
  readonly etag: string;
  /** `sha256` of the content for files in large file storage, git's hash of a blob for others. */
  readonly algorithm: 'sha256' | 'git-sha1';
}

/** True if a name is that of a file directly in its folder, on every system. */
export function isPlainName(name: string): boolean {
  // Names of devices and of streams are files elsewhere on Windows.
  const reserved = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(name);
  // Controls would command a terminal that the name is printed to, or turn the direction it is read in.
  const unsafe = /[/\\:*?"<>|\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(name) || /^\.{1,2}$|[. ]$/.test(name);
  return name !== '' && name.length <= 255 && !reserved && !unsafe;
}

/** Two of some names that are the same file on a system without cases, or one that composes letters. */
export function sameElsewhere(names: Iterable<string>): readonly [string, string] | undefined {
  const seen = new Map<string, string>();
  for (const name of names) {
    const folded = name.normalize('NFC').toLowerCase();
    const other = seen.get(folded);
    if (other !== undefined) return [other, name];
    seen.set(folded, name);
  }
  return undefined;
}

/** True if a path stays in its folder, whatever system reads it. */
export function staysInside(path: string): boolean {
  return path !== '' && !/^[/\\]|^[a-z]:|[\\\0]/i.test(path) && !path.split('/').includes('..');
}
