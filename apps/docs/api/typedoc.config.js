import { OptionDefaults } from 'typedoc';

/** @type {Partial<import('typedoc').TypeDocOptions>} */
export default {
  name: 'attune',
  entryPointStrategy: 'packages',
  entryPoints: ['../../../packages/*'],
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
  plugin: ['./plugins/entry-points.js', './plugins/declarations.js', './plugins/site-frame.js'],
  readme: 'none',
  highlightLanguages: [...OptionDefaults.highlightLanguages, 'python'],
  searchInComments: true,
  lightHighlightTheme: 'github-light-high-contrast',
  darkHighlightTheme: 'github-dark-high-contrast',
  customCss: 'style.css',
  favicon: '../public/favicon.svg',
  disableSources: true,
  hideGenerator: true,
  includeHierarchySummary: false,
  validation: {
    notExported: true,
    invalidLink: true,
    invalidPath: true,
    rewrittenLink: true,
  },
  treatWarningsAsErrors: true,
  treatValidationWarningsAsErrors: true,
};
