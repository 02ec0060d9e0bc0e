const HEADING = '## Unreleased';

/** Text below a heading, up to the next one of its rank. */
function sectionOf(text, heading) {
  const lines = text.split('\n');
  const begin = lines.indexOf(heading);
  if (begin < 0) return undefined;
  const length = lines.slice(begin + 1).findIndex((line) => line.startsWith('## '));
  return lines
    .slice(begin + 1, length < 0 ? undefined : begin + 1 + length)
    .join('\n')
    .trim();
}

/** @returns the notes of a version, or undefined. */
export function notesOf(text, version) {
  const heading = text
    .split('\n')
    .find((line) => line === `## ${version}` || line.startsWith(`## ${version} (`));
  return heading && sectionOf(text, heading);
}

/**
 * Turns what is unreleased into the section of a version.
 *
 * @param date of the release, as 2026-01-31.
 * @throws Error where there is nothing to release, or the version is there already.
 */
export function released(text, version, date) {
  if (notesOf(text, version) !== undefined)
    throw new Error(`CHANGELOG.md has a section of ${version} already.`);
  if (!sectionOf(text, HEADING)) {
    throw new Error(
      `CHANGELOG.md has nothing under "${HEADING}": write there what changes for users of ${version}.`,
    );
  }
  return text.replace(`${HEADING}\n`, `${HEADING}\n\n## ${version} (${date})\n`);
}
