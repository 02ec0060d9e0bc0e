/**
 * Builds the site into dist: `node build.js [--base /folder/]`. The base is the path under which it will be served; a server's
 * root if none is given.
 */
import { spawn } from 'node:child_process';
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { brokenLinks } from './build/check-links.js';
import { readContents } from './build/pages.js';
import { api, app, declarationsFile, root } from './build/places.js';
import { stagePages } from './build/stage.js';

const { values } = parseArgs({ options: { base: { type: 'string', default: '/' } } });
const { base } = values;
if (!/^\/(?:.*\/)?$/.test(base))
  throw new Error(`--base is a path that begins and ends with a slash, not ${base}.`);
const dist = join(app, 'dist');

/** Runs a script of Node's. @throws Error if it fails; it has said why. */
function run(script, args, { cwd = app, env = {} } = {}) {
  const child = spawn(process.execPath, [script, ...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return new Promise((resolve, reject) =>
    child.on('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`${script} failed: it says why above.`)),
    ),
  );
}

/** The script that a package's command runs. */
function commandOf(name, from) {
  const manifest = createRequire(join(from, 'package.json')).resolve(`${name}/package.json`);
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8'));
  return join(dirname(manifest), typeof bin === 'string' ? bin : bin[name]);
}

const contents = readContents();
rmSync(api, { recursive: true, force: true });
await Promise.all([
  run('check-blocks.js', []),
  run(commandOf('typedoc', app), ['--options', 'api/typedoc.config.js', '--out', api, '--logLevel', 'Warn']),
]);

stagePages(contents, JSON.parse(readFileSync(declarationsFile, 'utf8')));
await run(commandOf('vitepress', app), ['build'], { env: { ATTUNE_DOCS_BASE: base } });

// TypeDoc's list of packages has the site's page in its place.
cpSync(api, join(dist, 'api'), {
  recursive: true,
  filter: (source) => source !== declarationsFile && source !== join(api, 'index.html'),
});
cpSync(join(app, 'api/appearance.js'), join(dist, 'api/assets/appearance.js'));
await run(join(root, 'apps/playground/build.js'), ['--out', join(dist, 'playground')]);

const broken = brokenLinks(dist, base);
if (broken.length > 0) {
  console.error(`Links of the site lead nowhere:\n${broken.join('\n')}`);
  process.exitCode = 1;
}
