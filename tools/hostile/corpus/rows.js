/** Rows of JSONL, prompts, and text to prepare. */
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { join } from 'node:path';
import { deep, ESCAPES, makePipe, replace } from './files.js';

const line = (row) => `${JSON.stringify(row)}\n`;
const pair = { prompt: 'Who?\n', completion: 'You' };
const turns = (count, text = 'Hi') => ({
  messages: Array.from({ length: count }, (_, i) => ({ role: i % 2 ? 'assistant' : 'user', content: text })),
});

const files = {
  empty: '',
  'only blanks': ' \n'.repeat(1000),
  'a line of 100 MB': line({ prompt: 'x'.repeat(100_000_000), completion: 'y' }),
  'a line of 100 MB without an end': `{"prompt":"${'x'.repeat(100_000_000)}`,
  'a million blank lines': '\n'.repeat(1_000_000) + line(pair),
  nesting: `${deep(500_000)}\n`,
  'nesting in a row': `{"prompt":${deep(500_000)},"completion":"x"}\n`,
  '500 turns': line(turns(500)),
  '8,000 turns': line(turns(8000)),
  '8,000 turns in 20 rows': line(turns(8000)).repeat(20),
  'a hundred thousand turns': line(turns(100_000)),
  'a hundred thousand empty turns': line(turns(100_000, '')),
  'a turn of 20 MB': line(turns(2, 'x '.repeat(10_000_000))),
  'zero bytes': Buffer.alloc(100_000),
  'zero bytes in a text': line({ prompt: '\0'.repeat(20), completion: '\0' }),
  'lone surrogates': '{"prompt":"\\ud800","completion":"\\udfff\\ud800"}\n',
  'no UTF-8': Buffer.concat([
    Buffer.from('{"prompt":"'),
    Buffer.from([0xff, 0xfe, 0xc0]),
    Buffer.from('","completion":"x"}\n'),
  ]),
  'a byte order mark': `\ufeff${line(pair)}`,
  'UTF-16': Buffer.from(line(pair), 'utf16le'),
  'line ends of all kinds': `${line(pair).trim()}\r\n${line(pair).trim()}\r${line(pair).trim()}\u2028${line(pair)}`,
  'a key that stands twice': '{"prompt":"a","prompt":"b","completion":"c"}\n',
  'keys that stand twice, 100,000': `{${'"prompt":"a",'.repeat(100_000)}"completion":"c"}\n`,
  'the prototype': '{"__proto__":{"prompt":"a"},"constructor":{},"prompt":"a","completion":"b"}\n',
  'columns of the prototype': '{"__proto__":"a","toString":"b"}\n'.repeat(3),
  'a hundred thousand columns': line(
    Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`k${i}`, 'x'])),
  ),
  'columns of escapes': line({ [ESCAPES]: 'a', [`${ESCAPES}2`]: 'b' }),
  'texts of escapes': line({ prompt: ESCAPES, completion: ESCAPES }).repeat(3),
  'roles of escapes': line({
    messages: [
      { role: ESCAPES, content: 'x' },
      { role: 'assistant', content: 'y' },
    ],
  }),
  'rows that are none': '5\nnull\n[]\n"x"\ntrue\n',
  'texts that are none': line({ prompt: 5, completion: null }) + line({ prompt: [], completion: {} }),
  'messages that are none': line({ messages: 'x' }) + line({ messages: [null, 5] }),
  'contents of parts': line({
    messages: [
      { role: 'user', content: Array(100_000).fill({ type: 'text', text: 'x' }) },
      { role: 'assistant', content: [null] },
    ],
  }),
  'tools of nesting': `{"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"y"}],"tools":${deep(100_000, '{}')}}\n`,
  'tool calls that lie': line({
    messages: [
      { role: 'user', content: 'x' },
      { role: 'assistant', tool_calls: [{ function: { name: ESCAPES, arguments: '{{{{' } }, null, 5] },
    ],
  }),
  'numbers of a million digits': `{"prompt":${'9'.repeat(1_000_000)},"completion":"x"}\n`,
  'two hundred thousand rows': line({ prompt: 'a\n', completion: 'b' }).repeat(200_000),
  'formats that differ': line(pair) + line(turns(2)) + line({ text: 'x' }),
  'labels of 100,000 classes': Array.from({ length: 100_000 }, (_, i) =>
    line({ text: 'x', label: `c${i}` }),
  ).join(''),
  'labels of escapes': line({ text: 'x', label: ESCAPES }) + line({ text: 'y', label: `${ESCAPES}2` }),
  'labels of 10^12': line({ text: 'x', label: 1e12 }) + line({ text: 'x', label: -1 }),
  'one class': line({ text: 'x', label: 'a' }).repeat(3),
  'blanks without end': line({ prompt: ' '.repeat(5_000_000), completion: 'x' }),
  'accents without end': line({ prompt: `e${'\u0301'.repeat(1_000_000)}`, completion: 'x' }),
};

const instead = {
  'a pipe': (path) => replace(path, makePipe),
  'a device': (path) => replace(path, (at) => symlinkSync('/dev/zero', at)),
  'a folder': (path) => replace(path, (at) => mkdirSync(at)),
  'a folder of pipes': (path) =>
    replace(path, (at) => {
      mkdirSync(at);
      for (const name of ['train.jsonl', 'valid.jsonl']) makePipe(join(at, name));
    }),
  'a folder of links outside': (path, { outside }) =>
    replace(path, (at) => {
      mkdirSync(at);
      symlinkSync(join(outside, 'victim.txt'), join(at, 'train.jsonl'));
    }),
  'a sparse file of 1 TB': (path) => truncateSync(path, 2 ** 40),
};

const books = {
  'zero bytes': Buffer.alloc(1_000_000),
  'no UTF-8': Buffer.alloc(100_000, 0xff),
  'every character': Array.from({ length: 0x11000 }, (_, i) =>
    i >= 0xd800 && i < 0xe000 ? '' : String.fromCodePoint(i),
  ).join(''),
  'a word of 5 MB': 'a'.repeat(5_000_000),
  'blanks of 5 MB': ' '.repeat(5_000_000),
  escapes: ESCAPES.repeat(1000),
};

export const rows = [
  {
    family: 'rows',
    commands: ['inspect', 'finetune', 'inspect as a page', 'evaluate', 'evaluate answers'],
    cases: [
      ...Object.entries(files).map(([name, text]) => ({
        name,
        write: ({ work }) => writeFileSync(join(work, 'rows.jsonl'), text),
      })),
      ...Object.entries(instead).map(([name, write]) => ({
        name: `${name} in their place`,
        write: (places) => write(join(places.work, 'rows.jsonl'), places),
      })),
    ],
  },
  {
    family: 'texts',
    commands: ['prepare', 'prepare with a tokenizer'],
    cases: [
      ...Object.entries(books).map(([name, text]) => ({
        name,
        write: ({ work }) => writeFileSync(join(work, 'book.txt'), text),
      })),
      ...['a pipe', 'a device', 'a folder'].map((name) => ({
        name,
        write: (places) => instead[name](join(places.work, 'book.txt'), places),
      })),
      {
        name: 'a bomb of gzip',
        commands: ['prepare'],
        write: ({ work }) => {
          writeFileSync(join(work, 'bomb.gz'), gzipSync(Buffer.alloc(400_000_000, 'ab\n'), { level: 9 }));
          return { args: ['bomb.gz'] };
        },
        limits: { cpuSeconds: 60 },
      },
      {
        name: 'gzip that is none',
        commands: ['prepare'],
        refused: true,
        write: ({ work }) => {
          writeFileSync(
            join(work, 'bomb.gz'),
            Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0]), Buffer.alloc(1000, 7)]),
          );
          return { args: ['bomb.gz'] };
        },
      },
      {
        name: 'an output that is a link',
        commands: ['prepare'],
        write: ({ work, outside }) => symlinkSync(join(outside, 'folder'), join(work, 'new')),
      },
      {
        name: 'an output with links in it',
        commands: ['prepare'],
        write: ({ work, outside }) => {
          mkdirSync(join(work, 'new'));
          for (const name of ['train.bin', 'val.bin', 'meta.json'])
            symlinkSync(join(outside, 'victim.txt'), join(work, 'new', name));
        },
      },
    ],
  },
  {
    family: 'pages',
    commands: ['inspect as a page'],
    cases: [
      {
        name: 'a page over a link outside',
        write: ({ work, outside }) => symlinkSync(join(outside, 'victim.txt'), join(work, 'page.html')),
      },
      {
        name: 'a page over a file',
        refused: true,
        write: ({ work }) => writeFileSync(join(work, 'page.html'), 'mine'),
      },
      { name: 'a page over a pipe', refused: true, write: ({ work }) => makePipe(join(work, 'page.html')) },
      {
        name: 'a page over a folder',
        refused: true,
        write: ({ work }) => mkdirSync(join(work, 'page.html')),
      },
    ],
  },
];
