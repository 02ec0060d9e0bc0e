/**
 * The site's pages, in the order in which one would read them, by group of the sidebar: files of the repository, from its
 * root. A page of `docs/` that has no place here fails the build.
 */
export const english = [
  [
    'Start',
    [
      'README.md',
      'docs/guide/concepts.md',
      'docs/guide/cli.md',
      'docs/guide/programs.md',
      'docs/guide/browser.md',
    ],
  ],
  ['Data', ['docs/guide/data.md', 'docs/guide/fine-tuning-data.md', 'docs/guide/chat-templates.md']],
  [
    'Train',
    [
      'docs/guide/training-you-can-trust.md',
      'docs/guide/watching.md',
      'docs/guide/measuring.md',
      'docs/guide/planning.md',
      'docs/guide/several-machines.md',
      'docs/guide/images.md',
    ],
  ],
  ['Fine-tune', ['docs/guide/models.md', 'docs/guide/model-families.md', 'docs/guide/fine-tuning.md']],
  ['Use', ['docs/guide/serving.md', 'docs/guide/export.md', 'docs/guide/hub.md', 'docs/guide/security.md']],
  [
    'Backends',
    [
      'docs/guide/backends.md',
      'docs/guide/engines.md',
      'docs/guide/cuda.md',
      'docs/ops.md',
      'docs/conformance.md',
    ],
  ],
  ['Extend', ['docs/guide/writing-a-backend.md', 'docs/guide/writing-a-model.md', 'CONTRIBUTING.md']],
  ['Reference', ['docs/reference/*.md', 'docs/errors.md', 'docs/benchmarks.md']],
  ['Decisions', ['docs/adr/README.md', 'docs/adr/*.md']],
];

/** The Chinese pages, likewise: those of `docs/zh/`. */
export const chinese = [['指南', ['docs/zh/guide/*.md']]];

/** Names in the sidebar for pages whose heading would say too little there. */
export const labels = {
  'README.md': 'Overview',
  'docs/adr/README.md': 'All decisions',
};
