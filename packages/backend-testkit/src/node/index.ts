/**
 * The kit's fixtures, from the file system, and its report, to files.
 *
 * @packageDocumentation
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FixtureLoader } from '../fixtures/fixtures.js';
import { badgeOf, badgeSvg } from '../report/badge.js';
import type { ConformanceReport } from '../report/report.js';

/** Reads the fixtures that come with this package. */
export const fixtures: FixtureLoader = (path) => readFile(new URL(`../../fixtures/${path}`, import.meta.url));

/** Version of this package. */
async function kitVersion(): Promise<string> {
  const manifest = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

/** Writes `report.json`, `badge.json` (an endpoint of shields.io) and `badge.svg` into a folder, which is made if need be. */
export async function writeReport(report: ConformanceReport, folder: string): Promise<void> {
  const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'report.json'), json({ ...report, kit: await kitVersion() }));
  await writeFile(join(folder, 'badge.json'), json(badgeOf(report)));
  await writeFile(join(folder, 'badge.svg'), badgeSvg(report));
}
