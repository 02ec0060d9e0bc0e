const { execFileSync } = require('node:child_process');

/**
 * How nx finds the generators. It requires JavaScript, and Node 20 cannot strip types, so the plugin is compiled here,
 * before it is imported: a clean clone needs no build first, and what is run is never older than its source.
 */
const compiled = (name) => async (tree, options) => {
  const tsc = require.resolve('typescript/bin/tsc');
  execFileSync(process.execPath, [tsc, '-b', `${__dirname}/tsconfig.lib.json`], { stdio: 'inherit' });
  const generators = await import('./dist/index.js');
  return generators[name](tree, options);
};

module.exports = {
  op: compiled('opGenerator'),
  backend: compiled('backendGenerator'),
  model: compiled('modelGenerator'),
};
