/** Settings: YAML that is given with --config, and that of a run which is resumed. */
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SETTINGS, TUNING } from '../honest.js';
import { ESCAPES } from './files.js';

/** A module that says that it was run, as a file. */
const plant = ({ marker }, name) => `import { writeFileSync } from 'node:fs';
writeFileSync(${JSON.stringify(marker(name))}, '');
`;

const asData = (places, name) =>
  `data:text/javascript;base64,${Buffer.from(plant(places, name)).toString('base64')}`;

/** Laughs, in so many levels of ten. */
const laughs = (levels) =>
  Array.from({ length: levels }, (_, i) =>
    i === 0
      ? 'a0: &a0 [x, x, x, x, x, x, x, x, x, x]'
      : `a${i}: &a${i} [${Array(10)
          .fill(`*a${i - 1}`)
          .join(', ')}]`,
  ).join('\n');

/** Texts that no settings are, by name. */
const documents = {
  'an empty file': '',
  'only comments': '#\n'.repeat(1000),
  'a list': '- a\n- b\n',
  'a number': '5\n',
  'zero bytes': '\0'.repeat(1000),
  'bytes that are no UTF-8': Buffer.from([0xff, 0xfe, 0x41, 0x0a]),
  'a billion laughs': laughs(9),
  'laughs as a value': `${laughs(9)}\ndata: *a8\n`,
  'a thousand anchors': Array.from(
    { length: 1000 },
    (_, i) => `k${i}: &k${i} [*k${Math.max(0, i - 1)}]`,
  ).join('\n'),
  'an alias of itself': 'data: &a [*a]\n',
  'lists in lists, 100,000 deep': `data: ${'['.repeat(100_000)}${']'.repeat(100_000)}\n`,
  'maps in maps, 5,000 deep': Array.from({ length: 5000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
  'maps in braces, 100,000 deep': `data: ${'{a: '.repeat(100_000)}1${'}'.repeat(100_000)}\n`,
  'a scalar of 10 MB': `data: ${'x'.repeat(10_000_000)}\n`,
  'a key of 10 MB': `${'x'.repeat(10_000_000)}: 1\n`,
  'a hundred thousand keys': Array.from({ length: 100_000 }, (_, i) => `k${i}: 1`).join('\n'),
  'quotes that do not end': `data: "${'a\n'.repeat(100_000)}`,
  'a tag of another language': 'data: !!js/function "function () { process.exit(7) }"\n',
  "Python's tag": 'data: !!python/object/apply:os.system ["touch pwned"]\n',
  'merge keys': 'a: &a {maxIters: 3}\n<<: *a\n',
  'an escape in a key': `${JSON.stringify(ESCAPES)}: 1\n`,
  'an escape in a value': `data: ${JSON.stringify(ESCAPES)}\n`,
  'an escape in broken YAML': `data: [${ESCAPES}\n${ESCAPES}: {\n`,
  'many documents': '---\ndata: data\n'.repeat(1000),
  'a binary tag': `data: !!binary ${'A'.repeat(4_000_000)}\n`,
  'a set': 'data: !!set {a, b}\n',
  'a timestamp': 'seed: 2001-12-14t21:59:43.10-05:00\n',
};

/** Lines that are added to good settings. */
const lines = {
  'the prototype as a key': '__proto__: {polluted: true}',
  'the prototype as a scalar': '__proto__: 5',
  'the constructor as a key': 'constructor: {prototype: {polluted: true}}',
  'a method as a key': 'toString: 1\nhasOwnProperty: 2\nvalueOf: 3',
  'a key that stands twice': 'seed: 1\nseed: 2',
  'both spellings of a key': 'evalInterval: 1\neval_interval: 2',
  'a key that is a list': '? [a, b]\n: 1',
  'a key that is a map': '? {a: 1}\n: 1',
  'the seed too large': 'seed: 1e400',
  'the seed of 2,000 digits': `seed: ${'9'.repeat(2000)}`,
  'not a number': 'learningRate: .nan',
  'an infinite rate': 'learningRate: .inf',
  'a seed in hexadecimals': 'seed: 0xffffffffffffffffffff',
};

/** Values of pretraining that are too large, or are none. */
const sizes = {
  'a batch of 10^9': { batchSize: 1e9 },
  'a batch of 10^15': { batchSize: 1e15 },
  'a block of 10^9': { blockSize: 1e9 },
  'a million layers': { nLayer: 1e6 },
  'a thousand million layers': { nLayer: 1e9 },
  'a width of 10^7': { nEmbd: 1e7 },
  'a width of 10^5': { nEmbd: 1e5 },
  'a vocabulary of 10^12': { vocabSize: 1e12 },
  'heads of 10^9': { nHead: 1e9, nEmbd: 1e9 },
  'a sample of 10^9 tokens': { sampleTokens: 1e9, blockSize: 8, maxIters: 0 },
  'an evaluation of 10^12 batches': { evalIters: 1e12, maxIters: 0 },
  'accumulation over 10^12': { gradientAccumulationSteps: 1e12, maxSeconds: 1 },
  'chunks of 10^300': { chunkTokens: 1e300 },
  'negative sizes': { batchSize: -1, nLayer: -5 },
};

const changed = (values) => {
  const kept = SETTINGS.split('\n').filter((line) => !(line.split(':')[0] in values));
  return `${Object.entries(values)
    .map(([key, value]) => `${key}: ${value}`)
    .join('\n')}\n${kept.join('\n')}`;
};

const tuned = (values) =>
  `${Object.entries(values)
    .map(([key, value]) => `${key}: ${value}`)
    .join('\n')}\n${TUNING}`;

/** Names that take the place of the honest one of a backend. */
const backends = {
  'a data URL': (places) => asData(places, 'data-url'),
  'a path': (places) => {
    writeFileSync(join(places.work, 'evil.mjs'), plant(places, 'path'));
    return './evil.mjs';
  },
  'an absolute path': (places) => {
    writeFileSync(join(places.work, 'evil.mjs'), plant(places, 'absolute'));
    return join(places.work, 'evil.mjs');
  },
  'a file URL': (places) => {
    writeFileSync(join(places.work, 'evil.mjs'), plant(places, 'file-url'));
    return `file://${join(places.work, 'evil.mjs')}`;
  },
  'a package of the folder': (places) => {
    const path = join(places.work, 'node_modules', 'evil-backend', 'index.js');
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, plant(places, 'package'));
    writeFileSync(
      join(dirname(path), 'package.json'),
      '{"name":"evil-backend","type":"module","main":"index.js"}',
    );
    return 'evil-backend';
  },
  'the name of a package that is not there': () => 'innocent-looking-package',
  'a module of Node': () => 'node:child_process',
  'an address': () => 'http://127.0.0.1:1/evil.js',
  'a name with a command': () => 'x; touch pwned #',
  'an escape': () => ESCAPES,
  "the prototype's name": () => '__proto__',
  'a list': () => ['cpu'],
};

const replaceBackend = (path, name) =>
  writeFileSync(
    path,
    readFileSync(path, 'utf8').replace(/^backend: .*$/m, `backend: ${JSON.stringify(name)}`),
  );

const both = ['pretrain with settings', 'finetune with settings'];
const resuming = [
  'pretrain resumed',
  'finetune resumed',
  'verify',
  'pretrain over a run',
  'merge a tuned run',
];

/** Writes a text as both kinds of settings. */
const asBoth =
  (text) =>
  ({ work }) => {
    for (const name of ['settings.yaml', 'tuning.yaml']) writeFileSync(join(work, name), text);
  };

/** Writes a text over the settings of both runs. */
const asRuns =
  (text) =>
  ({ work }) => {
    for (const name of ['run', 'tuned']) writeFileSync(join(work, name, 'config.yaml'), text);
  };

export const settings = [
  {
    family: 'settings',
    commands: both,
    cases: [
      // Without settings, the usual model is trained, which takes a while.
      ...Object.entries(documents).map(([name, text]) => ({
        name,
        write: asBoth(text),
        limits: text.length < 5000 ? { cpuSeconds: 60 } : {},
      })),
      ...Object.entries(lines).map(([name, line]) => ({
        name,
        write: ({ work }) => {
          for (const file of ['settings.yaml', 'tuning.yaml']) appendFileSync(join(work, file), `${line}\n`);
        },
      })),
    ],
  },
  {
    family: 'settings with sizes',
    commands: ['pretrain with settings'],
    cases: Object.entries(sizes).map(([name, values]) => ({
      name,
      write: ({ work }) => writeFileSync(join(work, 'settings.yaml'), changed(values)),
    })),
  },
  {
    family: 'settings of fine-tuning with sizes',
    commands: ['finetune with settings'],
    cases: Object.entries({
      'a rank of 999,999,999': { loraRank: 999999999 },
      'a rank of 10^15': { loraRank: 1e15 },
      'an infinite alpha': { loraAlpha: '.inf' },
      'rows of 10^9': { maxLength: 1e9 },
      'frozen layers of 10^9': { method: 'freeze', freezeLayers: 1e9 },
      'patterns that take long': { targetModules: '["(a+)+$", "(.*.*.*.*)*x"]' },
      'a pattern that takes long': { targetModules: '"(.*.*.*.*.*.*.*.*)*x"' },
      'a pattern with a count': { targetModules: '"((a{1,1000}){1,1000}){1,1000}"' },
      'globs that take long': { method: 'freeze', freeze: '["*a*a*a*a*a*a*a*a*a*a*a*a*b"]' },
      'columns that are none': { columns: '["__proto__=constructor"]' },
      'a thousand columns': { columns: `[${Array(1000).fill('"prompt=prompt"').join(', ')}]` },
      'a template of a path': { template: '/etc/passwd' },
      'a folder as data': { data: '/' },
      'a device as data': { data: '/dev/zero' },
      'a device as model': { model: '/dev' },
      'an address as model': { model: 'http://127.0.0.1:1/x' },
    }).map(([name, values]) => ({
      name,
      write: ({ work }) => {
        const kept = TUNING.split('\n')
          .filter((line) => !(line.split(':')[0] in values))
          .join('\n');
        writeFileSync(join(work, 'tuning.yaml'), tuned(values).replace(TUNING, kept));
      },
    })),
  },
  {
    family: 'a backend in settings',
    commands: both,
    cases: Object.entries(backends).map(([name, make]) => ({
      name,
      refused: true,
      write: (places) => {
        const backend = make(places);
        for (const file of ['settings.yaml', 'tuning.yaml']) replaceBackend(join(places.work, file), backend);
      },
    })),
  },
  {
    family: 'a backend in a run',
    commands: ['pretrain resumed', 'verify', 'finetune resumed'],
    cases: Object.entries(backends).map(([name, make]) => ({
      name,
      refused: true,
      write: (places) => {
        const backend = make(places);
        for (const run of ['run', 'tuned']) {
          replaceBackend(join(places.work, run, 'config.yaml'), backend);
          const path = join(places.work, run, 'run.json');
          const record = JSON.parse(readFileSync(path, 'utf8'));
          for (const session of record.sessions)
            Object.assign(session.backend, { name: backend, package: backend });
          writeFileSync(path, JSON.stringify(record));
        }
      },
    })),
  },
  {
    family: 'settings of a run',
    commands: resuming,
    cases: Object.entries(documents).map(([name, text]) => ({ name, write: asRuns(text) })),
  },
];
