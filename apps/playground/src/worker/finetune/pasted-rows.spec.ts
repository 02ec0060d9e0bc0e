import { jsonLines } from '@attune/data';
import { readPastedRows } from './pasted-rows.js';

/** The rows as the reader of fine-tuning data finds them: their lines, and what they say. */
async function rowsOf(pasted: string, isChat = false) {
  const { layout, jsonl } = readPastedRows(pasted, isChat);
  const rows: unknown[] = [];
  for await (const { line, value } of jsonLines([new TextEncoder().encode(jsonl)], { name: 'rows' })) {
    rows.push([line, value]);
  }
  return { layout, rows };
}

const pair = (prompt: string, completion: string) => ({
  prompt: `${prompt}\n`,
  completion: `${completion}\n`,
});

describe('pasted rows', () => {
  test('of Q: and A: stay on their lines, and may go on over several', async () => {
    const pasted = '\nQ: Who?\nA: Lily.\n\nq: Which\nof them?\nAnswer: The red one,\nand no other.\n';
    expect(await rowsOf(pasted)).toEqual({
      layout: 'Q and A',
      rows: [
        [2, pair('Who?', 'Lily.')],
        [5, pair('Which\nof them?', 'The red one,\nand no other.')],
      ],
    });
  });

  test('of two columns are a question, a tab and its answer', async () => {
    expect(await rowsOf('\uFEFFWho?\tLily.\r\n\r\nWhen?\t Now. \r\n')).toEqual({
      layout: 'two columns',
      rows: [
        [1, pair('Who?', 'Lily.')],
        [3, pair('When?', 'Now.')],
      ],
    });
  });

  test('are conversations where the model has a chat template', async () => {
    const messages = [
      { role: 'user', content: 'Who?' },
      { role: 'assistant', content: 'Lily.' },
    ];
    expect((await rowsOf('Who?\tLily.', true)).rows).toEqual([[1, { messages }]]);
  });

  test('of JSONL are left as they are', async () => {
    const row = { prompt: 'Who?', completion: ' Lily.' };
    expect(await rowsOf(`\n${JSON.stringify(row)}\n`)).toEqual({ layout: 'JSONL', rows: [[2, row]] });
  });

  test.each([
    ['Q: Who?\nQ: When?\nA: Now.', /Line 1 asks a question that has no answer/],
    ['A: Now.', /Line 1 is an answer without a question/],
    ['Q: Who?\nA: Lily.\nA: Tim.', /Line 3 is a second answer/],
    ['Q: Who?\nA: \n', /Line 1 asks a question whose answer is empty/],
    ['Q:\nA: Lily.', /Line 1 has an empty question/],
    ['Who?\tLily.\nWhen? Now.', /Line 2 has no tab/],
    ['Who?\tLily.\tTim.', /Line 1 has 3 columns/],
    ['Who?\t', /Line 1 has an empty column/],
    [' \n\n', /no rows/],
    ['a'.repeat(2 ** 23 + 1), /characters, and at most/],
  ])('%j are refused, with the line', (pasted, message) => {
    expect(() => readPastedRows(pasted, false)).toThrow(message);
  });

  test('name the line that is no JSON', async () => {
    await expect(rowsOf('{"prompt":"a","completion":"b"}\n{"prompt":')).rejects.toThrow(/rows, line 2/);
  });
});
