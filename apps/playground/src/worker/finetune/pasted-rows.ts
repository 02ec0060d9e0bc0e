import { AttuneError } from '@attune/core';

/** A question and its answer, and the line that it begins on. */
export interface Pair {
  readonly question: string;
  readonly answer: string;
  readonly line: number;
}

/** Pasted rows as fine-tuning reads them: each row of JSONL stands on the line that it began on. */
export interface PastedRows {
  /** How they were written. */
  readonly layout: 'JSONL' | 'Q and A' | 'two columns';
  readonly jsonl: string;
}

/** More text than anybody pastes. */
const MAX_CHARACTERS = 2 ** 23;

const QUESTION = /^\s*(?:q|question)\s*[:.]\s?/i;
const ANSWER = /^\s*(?:a|answer)\s*[:.]\s?/i;

const FIX =
  'Write “Q: …” and “A: …” on lines of their own, or a question, a tab and its answer on each line, or JSONL.';

const fault = (line: number, reason: string): AttuneError =>
  new AttuneError('INVALID_EXAMPLE', `Line ${line} ${reason}.`, { fix: FIX, data: { line } });

/** Pairs of `Q:` and `A:`, each of which may go on over the lines that follow. @throws AttuneError INVALID_EXAMPLE. */
function readQuestions(lines: readonly string[]): Pair[] {
  const pairs: Pair[] = [];
  let question: string[] | undefined;
  let answer: string[] | undefined;
  let begun = 0;
  const end = () => {
    if (!question) return;
    if (!answer) throw fault(begun, 'asks a question that has no answer');
    const pair = { question: question.join('\n').trim(), answer: answer.join('\n').trim(), line: begun };
    if (pair.question === '') throw fault(begun, 'has an empty question');
    if (pair.answer === '') throw fault(begun, 'asks a question whose answer is empty');
    pairs.push(pair);
    question = answer = undefined;
  };
  lines.forEach((text, i) => {
    if (QUESTION.test(text)) {
      end();
      question = [text.replace(QUESTION, '')];
      begun = i + 1;
    } else if (ANSWER.test(text)) {
      if (!question) throw fault(i + 1, 'is an answer without a question before it');
      if (answer) throw fault(i + 1, 'is a second answer to one question');
      answer = [text.replace(ANSWER, '')];
    } else if (question) {
      (answer ?? question).push(text);
    } else if (text.trim() !== '') {
      throw fault(i + 1, 'stands before the first question');
    }
  });
  end();
  return pairs;
}

/** A question, a tab and its answer on each line. @throws AttuneError INVALID_EXAMPLE. */
function readColumns(lines: readonly string[]): Pair[] {
  return lines.flatMap((text, i) => {
    if (text.trim() === '') return [];
    const cells = text.split('\t').map((cell) => cell.trim());
    if (cells.length === 1) throw fault(i + 1, 'has no tab between a question and an answer');
    if (cells.length > 2)
      throw fault(i + 1, `has ${cells.length} columns, where a question and an answer are expected`);
    const [question, answer] = cells as [string, string];
    if (question === '' || answer === '') throw fault(i + 1, 'has an empty column');
    return [{ question, answer, line: i + 1 }];
  });
}

/**
 * A pair as a row. Where the model has a chat template, it is a conversation. Elsewhere a line feed ends the question and
 * the answer, so that a tokenizer without a token for the end learns where an answer ends.
 */
function rowOf({ question, answer }: Pair, isChat: boolean): unknown {
  return isChat
    ? {
        messages: [
          { role: 'user', content: question },
          { role: 'assistant', content: answer },
        ],
      }
    : { prompt: `${question}\n`, completion: `${answer}\n` };
}

/** Rows on the lines of their pairs, so that messages name the lines that were pasted. */
function writeRows(pairs: readonly Pair[], isChat: boolean): string {
  let line = 1;
  let text = '';
  for (const pair of pairs) {
    text += '\n'.repeat(pair.line - line);
    line = pair.line;
    text += JSON.stringify(rowOf(pair, isChat));
  }
  return `${text}\n`;
}

/**
 * Reads pasted questions and answers: `Q:` and `A:`, two columns with a tab between them, or JSONL, which is left to the
 * reader of fine-tuning data.
 *
 * @param isChat true if pairs are to be conversations.
 * @throws AttuneError INVALID_EXAMPLE with the line; FILE_EMPTY; INVALID_ARGUMENT if it is too long.
 */
export function readPastedRows(pasted: string, isChat: boolean): PastedRows {
  if (pasted.length > MAX_CHARACTERS) {
    throw new AttuneError(
      'INVALID_ARGUMENT',
      `The rows have ${pasted.length.toLocaleString('en')} characters, and at most ${MAX_CHARACTERS.toLocaleString('en')} are read.`,
      { fix: 'Paste fewer, or fine-tune on the command line: attune finetune.' },
    );
  }
  const lines = pasted
    .replace(/^\uFEFF/, '')
    .replaceAll(/\r\n?/g, '\n')
    .split('\n');
  const first = lines.find((line) => line.trim() !== '');
  if (first === undefined) throw new AttuneError('FILE_EMPTY', 'There are no rows.', { fix: FIX });
  if (/^\s*[{[]/.test(first)) return { layout: 'JSONL', jsonl: lines.join('\n') };
  const isAsked = QUESTION.test(first) || ANSWER.test(first);
  const pairs = isAsked ? readQuestions(lines) : readColumns(lines);
  return { layout: isAsked ? 'Q and A' : 'two columns', jsonl: writeRows(pairs, isChat) };
}
