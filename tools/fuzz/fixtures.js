/** Right documents that the conformance kit has. */
import { readFileSync } from 'node:fs';

const root = new URL('../../packages/backend-testkit/fixtures/', import.meta.url);

const text = (path) => readFileSync(new URL(path, root), 'utf8');
export const json = (path) => JSON.parse(text(path));
