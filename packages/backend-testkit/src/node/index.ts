/**
 * The kit's fixtures, from the file system.
 *
 * @packageDocumentation
 */
import { readFile } from 'node:fs/promises';
import type { FixtureLoader } from '../fixtures/fixtures.js';

/** Reads the fixtures that come with this package. */
export const fixtures: FixtureLoader = (path) => readFile(new URL(`../../fixtures/${path}`, import.meta.url));
