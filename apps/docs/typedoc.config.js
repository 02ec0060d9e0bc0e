import { OptionDefaults } from 'typedoc';

/** @type {Partial<import('typedoc').TypeDocOptions>} */
export default {
  name: 'attune',
  out: 'dist',
  entryPointStrategy: 'packages',
  entryPoints: ['../../packages/*'],
  packageOptions: {
    tsconfig: 'tsconfig.lib.json',
    skipErrorChecking: true,
    excludePrivate: true,
    excludeInternal: true,
    disableSources: true,
    validation: {
      notExported: true,
      invalidLink: true,
      invalidPath: true,
    },
    // protobuf-es marks what it generates.
    blockTags: [...OptionDefaults.blockTags, '@generated'],
  },
  plugin: ['./plugins/entry-points.js', './plugins/markdown-pages.js'],
  readme: '../../README.md',
  highlightLanguages: [...OptionDefaults.highlightLanguages, 'python'],
  projectDocuments: ['../../docs/**/*.md', '../../CONTRIBUTING.md'],
  disableSources: true,
  includeVersion: true,
  hideGenerator: true,
  validation: {
    notExported: true,
    invalidLink: true,
    invalidPath: true,
    rewrittenLink: true,
  },
  treatWarningsAsErrors: true,
  treatValidationWarningsAsErrors: true,
};
