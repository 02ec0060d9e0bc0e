import { readdirSync } from 'node:fs';
import { OptionDefaults } from 'typedoc';
import { highlightCommands } from './plugins/commands.js';

/** Guides, in the order in which one would read them. */
const guide = [
  'concepts',
  'cli',
  'data',
  'training-you-can-trust',
  'watching',
  'backends',
  'engines',
  'security',
  'models',
  'hub',
  'model-families',
  'fine-tuning',
  'fine-tuning-data',
  'chat-templates',
  'images',
  'export',
  'serving',
  'browser',
  'programs',
  'cuda',
  'writing-a-model',
  'writing-a-backend',
];
const forgotten = readdirSync(new URL('../../docs/guide', import.meta.url)).filter(
  (file) => !guide.includes(file.replace(/\.md$/, '')),
);
if (forgotten.length > 0) throw new Error(`typedoc.config.js has no place for ${forgotten.join(', ')}.`);

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
  projectDocuments: [
    ...guide.map((name) => `../../docs/guide/${name}.md`),
    '../../docs/zh/guide/concepts.md',
    '../../docs/reference/configuration.md',
    '../../docs/reference/cli.md',
    '../../docs/ops.md',
    '../../docs/errors.md',
    '../../docs/benchmarks.md',
    '../../docs/conformance.md',
    '../../CONTRIBUTING.md',
    '../../docs/adr/*.md',
  ],
  groupOrder: ['Guide', 'Reference', 'Architecture decisions', '*'],
  navigation: { includeGroups: true },
  searchInDocuments: true,
  searchInComments: true,
  markdownItLoader: highlightCommands,
  customCss: 'style.css',
  favicon: 'favicon.svg',
  disableSources: true,
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
