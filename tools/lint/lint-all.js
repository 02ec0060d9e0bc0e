/**
 * Lints the whole workspace in one process, which reads each package's types once: `npm run lint`. Project by project,
 * `nx run-many -t lint` does the same, and reads those of core again for every package that stands on it.
 *
 * Which package may import which is checked against nx's project graph, so that is made first: without one, eslint would
 * only warn and leave the rule out.
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);
const { createProjectGraphAsync } = require('@nx/devkit');
await createProjectGraphAsync();

const eslint = join(dirname(require.resolve('eslint/package.json')), 'bin/eslint.js');
const files = process.argv.slice(2);
const { status, stdout, stderr } = spawnSync(
  process.execPath,
  [eslint, '--max-warnings=0', ...(files.length > 0 ? files : ['.'])],
  { encoding: 'utf8', maxBuffer: 2 ** 28, stdio: ['inherit', 'pipe', 'pipe'] },
);
process.stdout.write(stdout);
process.stderr.write(stderr);
const skipped = /rule will be skipped/.test(stdout + stderr);
if (skipped) console.error('eslint left rules out, because nx made no project graph.');
process.exitCode = skipped ? 1 : (status ?? 1);
