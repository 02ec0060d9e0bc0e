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

/** Whether a name is that of a file directly in its folder, on every system. */
export function isPlainName(name: string): boolean {
  // Names of devices and of streams are files elsewhere on Windows.
  const reserved = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(name);
  const unsafe = /[/\\:*?"<>|\x00-\x1f\x7f]/.test(name) || /^\.{1,2}$|[. ]$/.test(name);
  return name !== '' && name.length <= 255 && !reserved && !unsafe;
}

/** Whether a path stays in its folder, whatever system reads it. */
export function staysInside(path: string): boolean {
  return path !== '' && !/^[/\\]|^[a-z]:|[\\\0]/i.test(path) && !path.split('/').includes('..');
}
