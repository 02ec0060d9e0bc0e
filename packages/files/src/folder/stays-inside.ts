/** True if a path, with `/` between folders, stays inside of the folder it is in, whatever system reads it. */
export function staysInside(path: string): boolean {
  const unsafe = path === '' || /^[/\\]|^[a-z]:|\\|\0/i.test(path);
  return !unsafe && !path.split('/').includes('..');
}
