/** The commands that are run on hostile files, by name: their arguments, in the order in which honest files are made by them. */
const reference = ['--backend', 'reference'];
const short = ['--eval-iters', '1'];
const silent = ['--sample-tokens', '0'];
const tiny = ['--batch-size', '2', '--block-size', '8', '--n-layer', '1', '--n-head', '2', '--n-embd', '8'];
const model = ['--model', 'model'];
const adapter = ['--adapter', 'adapter'];
const rows = ['--data', 'rows.jsonl'];
const tuning = ['--max-iters', '2', '--batch-size', '2', '--samples', '0', ...short];
const sampling = ['--max-new-tokens', '2', ...reference];

export const commands = {
  prepare: ['prepare', 'book.txt', '--out', 'new'],
  'prepare with a tokenizer': ['prepare', 'book.txt', '--tokenizer', 'model', '--out', 'new'],
  pretrain: [
    'pretrain',
    '--data',
    'data',
    '--out',
    'new',
    '--max-iters',
    '2',
    ...tiny,
    ...short,
    ...silent,
    ...reference,
  ],
  'pretrain with settings': [
    'pretrain',
    '--config',
    'settings.yaml',
    '--out',
    'new',
    '--max-iters',
    '2',
    ...short,
  ],
  'pretrain from a model': ['pretrain', '--init-from', 'run', '--data', 'data', '--out', 'new', '--max-iters', '2', '--batch-size', '2', ...short, ...silent, ...reference], // prettier-ignore
  'pretrain over a run': ['pretrain', '--data', 'data', '--out', 'run', '--overwrite', '--max-iters', '2', ...tiny, ...short, ...silent, ...reference], // prettier-ignore
  'pretrain resumed': ['pretrain', '--resume', 'run', '--max-iters', '4'],
  finetune: ['finetune', ...model, ...rows, '--out', 'new', ...tuning, ...reference],
  'finetune with settings': ['finetune', '--config', 'tuning.yaml', '--out', 'new', '--max-iters', '2'],
  'finetune an adapter': ['finetune', ...model, ...adapter, ...rows, '--out', 'new', ...tuning, ...reference],
  'finetune resumed': ['finetune', '--resume', 'tuned', '--max-iters', '4'],
  verify: ['verify', 'run', '--steps', '1'],
  generate: ['generate', ...model, ...sampling],
  'generate from a run': ['generate', '--model', 'run', ...sampling],
  'generate from a tuned run': ['generate', '--model', 'tuned', ...sampling],
  'generate with an adapter': ['generate', ...model, ...adapter, ...sampling],
  'generate as JSON': ['generate', ...model, '--json', ...sampling],
  chat: ['chat', ...model, ...sampling],
  inspect: ['inspect', ...model, ...rows],
  'inspect as a page': ['inspect', ...model, ...rows, '--html', 'page.html'],
  evaluate: ['evaluate', ...model, ...rows, ...reference],
  'evaluate answers': ['evaluate', ...model, ...rows, '--answers', '--max-new-tokens', '1', ...reference],
  'evaluate tokens': ['evaluate', '--model', 'run', '--data', 'data', ...reference],
  merge: ['merge', ...model, ...adapter, '--out', 'new'],
  'merge a tuned run': ['merge', '--model', 'tuned', '--out', 'new'],
  export: ['export', ...model, '--out', 'new', '--no-verify'],
  'export a run': ['export', '--model', 'run', '--out', 'new', '--no-verify'],
  doctor: ['doctor'],
  'generate with any backend': ['generate', ...model, '--max-new-tokens', '2'],
  download: ['download', 'org/model'],
  'generate from the hub': ['generate', '--model', 'org/model', ...sampling],
};

/** The lines that are typed into a chat. */
export const typed = { chat: 'hello\n' };
