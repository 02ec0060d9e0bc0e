import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository. */
export const root = fileURLToPath(new URL('../../..', import.meta.url));

/** This application. */
export const app = join(root, 'apps/docs');

/** The folder from which VitePress builds. */
export const staged = join(app, '.stage');

/** TypeDoc's pages, before they are in the site, and its list of declarations. */
export const api = join(app, '.tmp/api');
export const declarationsFile = join(api, 'declarations.json');
