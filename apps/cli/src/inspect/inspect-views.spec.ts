import { createHash } from 'node:crypto';
import { byteTokenizer } from '@attune/data';
import type { ExamplesReport } from '@attune/data/node';
import { tokenTexts } from '@attune/runs';
import { colorsFor, type Colors } from '../printing/colors.js';
import { codesOf } from '../printing/styled.js';
import { htmlPage } from './html.js';
import type { InspectedRow } from './inspected-row.js';
import { reportText } from './report.js';
import { legend, reportLines, rowLines } from './terminal.js';
import { visible } from './visible.js';

const [plain, colors] = [false, true].map((isTTY) => colorsFor({ isTTY }, { env: {} })) as [Colors, Colors];

const row: InspectedRow = {
  part: 'train',
  file: 'rows.jsonl',
  line: 7,
  ids: [10, 11, 12, 13, 14],
  lossMask: [0, 0, 1, 1, 0.5],
  tokens: ['Hi', '\n', 'you', '\n', '<b>'],
};

describe('tokenTexts', () => {
  it('gives each token its text, and a character of several tokens to the last of them', () => {
    const tokenizer = byteTokenizer();
    const texts = tokenTexts(tokenizer, Int32Array.from(tokenizer.encode('aé🦊')));
    expect(texts).toEqual(['a', '', 'é', '', '', '', '🦊']);
  });

  it('shows what is not finished', () => {
    const tokenizer = byteTokenizer();
    const ids = Int32Array.of(97, 0xf0, 0x9f);
    expect(tokenTexts(tokenizer, ids).join('')).toBe(tokenizer.decode(ids));
    expect(tokenTexts(tokenizer, new Int32Array())).toEqual([]);
  });
});

describe('visible', () => {
  it('writes out what would command a terminal or turn the text around', () => {
    expect(visible('a\u001b[31mb\u0007\r\u202ec\u2028')).toBe('a\\u{1b}[31mb\\u{7}\\u{d}\\u{202e}c\\u{2028}');
    expect(visible('a\n\tb')).toBe('a⏎\n⇥\tb');
    expect(visible('👩‍🚀 größe')).toBe('👩‍🚀 größe');
  });
});

describe('rowLines', () => {
  it('marks trained tokens and their weight where there are no colours', () => {
    expect(rowLines(row, plain).codes).toBe(
      'rows.jsonl, line 7 (train): 5 tokens, 3 trained\nHi⏎\n«you⏎\n»«0.5: <b>»\n',
    );
    expect(codesOf(legend(plain))).toContain('«»');
  });

  it('colours them by weight where there are, each line on its own', () => {
    const text = rowLines(row, colors).codes;
    expect(text).toContain(`${colors.dim('Hi⏎').codes}\n`);
    expect(text).toContain(`${colors.green('you⏎').codes}\n`);
    expect(text).toContain(colors.yellow('<b>').codes);
    expect(rowLines({ ...row, lossMask: [0, 0, 0, 0, 2] }, colors).codes).toContain(
      colors.magenta('<b>').codes,
    );
    expect(codesOf(legend(colors))).toContain(colors.green('trained').codes);
  });
});

const report: ExamplesReport = {
  format: 'completion',
  columns: { prompt: 'question', completion: 'completion' },
  ignored: ['id'],
  maxLength: 64,
  onOverlength: 'truncate',
  files: [
    {
      file: 'train.jsonl',
      ...{ rows: 1200, kept: 1198, truncated: 1, dropped: 0, droppedUntrained: 2, refused: 0 },
      lengths: { min: 3, median: 20, p95: 60, max: 90, mean: 22 },
    },
  ],
  parts: {
    train: {
      ...{ rows: 1198, tokens: 10_000, trainedTokens: 2500, duplicates: 3 },
      ...{ doubleBos: 1, missingEos: 2, untrained: 0, unknownTokens: 7 },
    },
  },
  leakage: { validation: { rows: 2, prompts: 5 } },
};

describe('reportText', () => {
  it('says what there is', () => {
    expect(reportText(report).lines).toEqual([
      ['format', 'completion (prompt from "question", completion; not read: "id")'],
      ['train.jsonl', '1,200 rows, 1,198 kept, 1 truncated, 2 dropped'],
      ['lengths', 'min 3, median 20, p95 60, max 90 tokens; 64 allowed'],
      ['train', '1,198 rows, 10,000 tokens, 2,500 trained (25.0 %), 3 duplicates'],
    ]);
  });

  it('warns of what should be looked at', () => {
    expect(reportText(report).warnings).toEqual([
      'train.jsonl: 1 row was cut after token 64',
      'train.jsonl: 2 rows are left out, of which nothing is trained before the cut',
      'train: 3 rows repeat an earlier one',
      'train: 1 row begins with two BOS tokens',
      'train: 2 rows train no token that ends the answer',
      'train: 7 tokens stand for text that the vocabulary lacks',
      '2 rows of validation are also in train',
      '3 rows more of validation have a prompt that is in train',
    ]);
  });

  it('is written line by line', () => {
    const lines = reportLines(reportText(report), plain).codes.split('\n');
    expect(lines[0]).toBe('format       completion (prompt from "question", completion; not read: "id")');
    expect(lines.at(-2)).toMatch(/^warning: /);
  });
});

describe('htmlPage', () => {
  const page = (rows: InspectedRow[]) =>
    htmlPage({ title: 'a & <b>', report: { lines: [['x', '<y>']], warnings: ['<script>'] }, rows, more: 3 });

  it('escapes everything that the data says', () => {
    const evil = '</pre><script>alert(1)</script><img src=x onerror="alert(2)">';
    const html = page([
      { ...row, file: evil, label: evil, tokens: [evil, "'", '"', '&', '\u001b'], ids: [1, 2, 3, 4, 5] },
    ]);
    const tags = [...html.matchAll(/<\/?([a-z0-9]+)/g)].map(([, name]) => name);
    expect(tags).not.toContain('script');
    expect(tags).not.toContain('img');
    expect(html.match(/<\/pre>/g)).toHaveLength(1);
    expect(html).toContain('&lt;script&gt;alert(1)');
    expect(html).toContain('\\u{1b}');
    expect(html).toContain('<title>a &amp; &lt;b&gt;</title>');
  });

  it('needs nothing beside itself', () => {
    const html = page([row]);
    expect(html).not.toMatch(/src=|href=|url\(|@import|https?:/);
  });

  it('allows itself nothing but its own style', () => {
    const html = page([row]);
    const [, policy = ''] = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(html) ?? [];
    const [, style = ''] = /<style>([^]*?)<\/style>/.exec(html) ?? [];
    const hash = createHash('sha256').update(style).digest('base64');
    expect(policy.split('; ')).toEqual([
      "default-src 'none'",
      `style-src 'sha256-${hash}'`,
      "base-uri 'none'",
      "form-action 'none'",
    ]);
    expect(html).not.toMatch(/ style=| on\w+=/);
  });

  it('shows each token with its weight', () => {
    const html = page([row]);
    expect(html).toContain('<span class="t untrained" title="id 10, weight 0">Hi</span>');
    expect(html).toContain('<span class="t lighter" title="id 14, weight 0.5">&lt;b&gt;</span>');
    expect(html).toContain('3 more rows are not shown');
  });
});
