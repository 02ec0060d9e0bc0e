/** Folders of runs: links, pipes and folders in place of files, and records that lie. */
import { appendFileSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'; // prettier-ignore
import { join } from 'node:path';
import { deep, edit, ESCAPES, makePipe, replace } from './files.js';

const pretrained = [
  'pretrain resumed',
  'verify',
  'pretrain over a run',
  'generate from a run',
  'export a run',
];
const finetuned = ['finetune resumed', 'generate from a tuned run', 'merge a tuned run'];

const entries = ['metrics.jsonl', 'run.lock', 'config.yaml', 'run.json', 'checkpoints', 'samples', 'final'];

/** Things that stand in place of a file or a folder of a run. */
const stands = {
  'a link to a file outside': (path, { outside }) => symlinkSync(join(outside, 'victim.txt'), path),
  'a link to a folder outside': (path, { outside }) => symlinkSync(join(outside, 'folder'), path),
  'a link to nothing': (path, { outside }) => symlinkSync(join(outside, 'nothing'), path),
  'a link to itself': (path) => symlinkSync(path, path),
  'a link to a device': (path) => symlinkSync('/dev/zero', path),
  'a pipe': (path) => makePipe(path),
  'a folder': (path) => mkdirSync(join(path, 'inner'), { recursive: true }),
  'a file': (path) => writeFileSync(path, 'x'),
};

/** In both runs. */
const inRuns = (change) => (places) => {
  for (const run of ['run', 'tuned']) change(join(places.work, run), places);
};

const crossed = entries.flatMap((entry) =>
  Object.entries(stands).map(([name, stand]) => ({
    name: `${name} in place of ${entry}`,
    write: inRuns((run, places) => replace(join(run, entry), (path) => stand(path, places))),
  })),
);

/** In the files of the newest checkpoint. */
const inCheckpoint = (change) =>
  inRuns((run, places) => {
    for (const name of readdirSync(join(run, 'checkpoints')))
      change(join(run, 'checkpoints', name), places, run);
  });

const step = { step: 3, loss: 1, lr: 1, gradNorm: 1, tokens: 1, tokensPerSecond: 1, stepMs: 1, epoch: 1 };

const logs = {
  'a line of 50 MB': `{"step":1,"x":"${'x'.repeat(50_000_000)}"}\n`,
  'a line without an end': '{"step":'.repeat(100_000),
  'nested lines': `${deep(100_000)}\n`,
  'lines that are no objects': '5\nnull\n[]\n"x"\n'.repeat(1000),
  'steps that go back': [9, 3, 1, -1, 1e9].map((at) => `${JSON.stringify({ ...step, step: at })}\n`).join(''),
  'a loss that is a text': `${JSON.stringify({ ...step, step: 1, loss: ESCAPES })}\n`,
  'the prototype': '{"__proto__":{"polluted":1},"step":1,"loss":1}\n',
  'zero bytes': Buffer.alloc(100_000),
  'a million empty lines': '\n'.repeat(1_000_000),
  'two hundred thousand steps': Array.from({ length: 200_000 }, (_, i) =>
    JSON.stringify({ ...step, step: i + 1 }),
  ).join('\n'),
};

const records = {
  'no sessions': (record) => void (record.sessions = []),
  'sessions that are none': (record) => void (record.sessions = 'many'),
  'a session of nulls': (record) => void (record.sessions = [null]),
  'a hundred thousand sessions': (record) => void (record.sessions = Array(100_000).fill(record.sessions[0])),
  'a format of the future': (record) => void (record.format = 1e9),
  'escapes everywhere': (record) =>
    JSON.parse(
      JSON.stringify(record, (_, value) => (typeof value === 'string' ? `${ESCAPES}${value}` : value)),
    ),
  'texts everywhere': (record) =>
    JSON.parse(JSON.stringify(record, (_, value) => (typeof value === 'number' ? '5' : value))),
  'data at another path': (record) => void (record.data && (record.data.path = '../outside')),
  'data of a device': (record) => void (record.data && (record.data.path = '/dev/zero')),
  'a seed of 10^300': (record) => void (record.seed = 1e300),
  'a list': () => '[]',
  nesting: () => deep(200_000),
  'the prototype': () => '{"__proto__":{"polluted":1},"format":1,"sessions":[{"__proto__":null}]}',
};

const locks = {
  'a lock of nobody': '{}',
  'a lock of the first process': '{"pid":1}',
  'a lock of a negative process': '{"pid":-1}',
  'a lock of escapes': ESCAPES,
  'a lock of 10 MB': 'x'.repeat(10_000_000),
  'an empty lock': '',
  'a lock of nesting': deep(100_000),
};

const states = {
  'a step of 10^300': (state) => void (state.step = 1e300),
  'a step of minus one': (state) => void (state.step = -1),
  'no step': (state) => void delete state.step,
  'texts everywhere': (state) =>
    JSON.parse(JSON.stringify(state, (_, value) => (typeof value === 'number' ? `${value}` : value))),
  'a list of 10^6': (state) => ({
    ...state,
    more: Array(1_000_000).fill(0),
    ...Object.fromEntries(Object.keys(state).map((key) => [key, []])),
  }),
  nulls: (state) => Object.fromEntries(Object.keys(state).map((key) => [key, null])),
};

const rest = [
  ...Object.entries(logs).map(([name, text]) => ({
    name: `a log with ${name}`,
    write: inRuns((run) => writeFileSync(join(run, 'metrics.jsonl'), text)),
  })),
  ...Object.entries(records).map(([name, change]) => ({
    name: `run.json with ${name}`,
    write: inRuns((run) => edit(join(run, 'run.json'), change)),
  })),
  ...Object.entries(locks).map(([name, text]) => ({
    name,
    write: inRuns((run) => writeFileSync(join(run, 'run.lock'), text)),
  })),
  ...Object.entries(states).map(([name, change]) => ({
    name: `a trainer's state with ${name}`,
    write: inCheckpoint((checkpoint) => {
      try {
        edit(join(checkpoint, 'trainer_state.json'), change);
      } catch (error) {
        if (error.code !== 'ENOENT') throw error;
      }
    }),
  })),
  {
    name: 'half a checkpoint',
    write: inCheckpoint((checkpoint) => {
      for (const name of readdirSync(checkpoint).filter((file) => file.endsWith('.safetensors'))) {
        truncateSync(join(checkpoint, name), 100);
      }
    }),
  },
  {
    name: 'a checkpoint without weights',
    write: inCheckpoint((checkpoint) => {
      for (const name of readdirSync(checkpoint).filter((file) => file.endsWith('.safetensors')))
        rmSync(join(checkpoint, name));
    }),
  },
  {
    name: 'a checkpoint whose files are links',
    write: inCheckpoint((checkpoint, { outside }) => {
      for (const name of readdirSync(checkpoint))
        replace(join(checkpoint, name), (path) => symlinkSync(join(outside, 'victim.txt'), path));
    }),
  },
  {
    name: 'checkpoints that are links',
    write: inCheckpoint((checkpoint, { outside }) =>
      replace(checkpoint, (path) => symlinkSync(join(outside, 'folder'), path)),
    ),
  },
  {
    name: 'a checkpoint of a great number',
    write: inCheckpoint((checkpoint, _, run) => {
      if (checkpoint.includes('step-'))
        renameSync(checkpoint, join(run, 'checkpoints', `step-${'9'.repeat(200)}`));
    }),
  },
  {
    name: 'a checkpoint named by escapes',
    write: inRuns((run) => mkdirSync(join(run, 'checkpoints', `step-1${ESCAPES}`))),
  },
  {
    name: 'a thousand checkpoints that are none',
    write: inRuns((run) => {
      for (let i = 0; i < 1000; i++) mkdirSync(join(run, 'checkpoints', `step-${1000 + i}`));
    }),
  },
  {
    name: 'samples that are links',
    write: inRuns((run, { outside }) => {
      mkdirSync(join(run, 'samples'), { recursive: true });
      for (const at of [2, 3, 4])
        replace(join(run, 'samples', `step-${at}.txt`), (path) =>
          symlinkSync(join(outside, 'victim.txt'), path),
        );
    }),
  },
  {
    name: 'temporary files that are links',
    write: inRuns((run, { outside }) => {
      for (const name of ['metrics.jsonl', 'run.json', 'config.yaml', 'run.lock']) {
        for (const suffix of ['.tmp', '.new', '.partial', '.old'])
          symlinkSync(join(outside, 'victim.txt'), join(run, `${name}${suffix}`));
      }
    }),
  },
  {
    name: 'a run that is a link',
    write: ({ work, outside }) => {
      for (const run of ['run', 'tuned'])
        replace(join(work, run), (path) => symlinkSync(join(outside, 'folder'), path));
    },
  },
  {
    name: 'a log that ends in escapes',
    write: inRuns((run) =>
      appendFileSync(
        join(run, 'metrics.jsonl'),
        `${ESCAPES}${readFileSync(join(run, 'metrics.jsonl'), 'utf8')}`,
      ),
    ),
  },
];

export const runFolders = [
  { family: 'run', commands: pretrained, cases: crossed },
  { family: 'tuned run', commands: finetuned, cases: crossed.filter((_, index) => index % 2 === 0) },
  { family: 'run', commands: [...pretrained.slice(0, 3), ...finetuned], cases: rest },
];
