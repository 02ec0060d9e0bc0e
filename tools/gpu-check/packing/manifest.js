/** The list of what is in the archive, and what must not be in it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bytesAt, filesOf } from './components.js';

/** The largest archive, in bytes. */
export const MAX_BYTES = 60 * 2 ** 20;

const megabytes = (bytes) => (bytes / 2 ** 20).toFixed(2);

/** The list as Markdown, largest first. */
export function manifestPage({ commit, components }) {
  const rows = [...components]
    .sort((a, b) => b.bytes - a.bytes)
    .map(
      ({ name, version, licence, origin, bytes }) =>
        `| ${name} | ${version} | ${licence} | ${origin} | ${megabytes(bytes)} |`,
    );
  const total = components.reduce((sum, { bytes }) => sum + bytes, 0);
  return `# What is in this archive

Packed from attune at ${commit}. Licences lie beside the files where their packages have one.

| part | version | licence | from | MiB, unpacked |
| ---- | ------- | ------- | ---- | ------------: |
${rows.join('\n')}
| in all | | | | ${megabytes(total)} |
`;
}

/** Measures the components and writes `manifest.json` and `MANIFEST.md`. */
export function writeManifest(target, commit, components) {
  const measured = components.map((one) => ({ ...one, bytes: bytesAt(join(target, one.path)) }));
  const manifest = { commit, components: measured };
  writeFileSync(join(target, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  writeFileSync(join(target, 'MANIFEST.md'), manifestPage(manifest));
  return manifest;
}

/** Words that only a credential begins with. */
const SECRETS = /-----BEGIN [A-Z ]*PRIVATE KEY-----|_authToken\s*=|\b(?:ghp|hf|npm)_[A-Za-z0-9]{30,}/;

/**
 * Faults of an archive's files: paths of the machine that packed it, and what looks like a credential.
 *
 * @param folders absolute folders that must not be named in any file.
 */
export function faultsOfFiles(target, folders) {
  return filesOf(target).flatMap((file) => {
    const text = readFileSync(join(target, file), 'latin1');
    return [
      ...folders.filter((folder) => text.includes(folder)).map((folder) => `${file} names ${folder}`),
      ...(SECRETS.test(text) ? [`${file} has what looks like a credential`] : []),
    ];
  });
}
