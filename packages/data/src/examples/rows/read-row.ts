import type { Example, Label, Message } from './example.js';
import { fieldValue, type RowFormat } from './formats.js';
import type { JsonRow } from './json-lines.js';
import { exactMembers } from './json-text.js';
import { rowError } from './row-error.js';
import { shown, textOf } from './text-field.js';
import { readMessages, readTurns } from './turns.js';

export interface ReadRowOptions {
  /**
   * The reading of a row of Alpaca's: a conversation of two turns, for a model with a chat template (the default), or
   * a prompt and its completion, with a heading for each part.
   */
  readonly alpaca?: 'messages' | 'completion';
}

/**
 * A row of a known format, as an example.
 *
 * @throws AttuneError INVALID_EXAMPLE with file and line: a field that is not what it should be, or a role that does not
 * exist.
 */
export function readRow(row: JsonRow, rowFormat: RowFormat, options: ReadRowOptions = {}): Example {
  const { columns } = rowFormat;
  const field = (name: string) => fieldValue(row, columns, name);
  const text = (name: string) => textOf(row, columns[name]!, field(name));
  const toolsOf = (): unknown => {
    const tools = field('tools');
    return tools === undefined ? undefined : (exactMembers(row.source)[columns['tools']!] ?? tools);
  };
  switch (rowFormat.format) {
    case 'messages': {
      const messages = readMessages(row, columns['messages']!, field('messages'));
      const tools = toolsOf();
      return { kind: 'messages', messages, ...(tools !== undefined && { tools }) };
    }
    case 'sharegpt': {
      const turns = readTurns(row, columns['conversations']!, field('conversations'));
      const tools = toolsOf();
      return {
        kind: 'messages',
        messages: withSystem(field('system') === undefined ? '' : text('system'), turns),
        ...(tools !== undefined && { tools }),
      };
    }
    case 'completion':
      return { kind: 'completion', prompt: text('prompt'), completion: text('completion') };
    case 'text':
      return { kind: 'text', text: text('text') };
    case 'classification':
      return {
        kind: 'classification',
        text: text('text'),
        label: labelOf(row, columns['label']!, field('label')),
      };
    case 'alpaca': {
      const [instruction, output] = [text('instruction'), text('output')];
      const input = field('input') === undefined ? '' : text('input');
      const system = field('system') === undefined ? '' : text('system');
      if (options.alpaca === 'completion') {
        return {
          kind: 'completion',
          prompt: alpacaPrompt({ system, instruction, input }),
          completion: output,
        };
      }
      const user = input === '' ? instruction : `${instruction}\n\n${input}`;
      const turns: Message[] = [
        { role: 'user', content: user },
        { role: 'assistant', content: output },
      ];
      return { kind: 'messages', messages: withSystem(system, turns) };
    }
  }
}

function withSystem(system: string, turns: readonly Message[]): readonly Message[] {
  return system === '' ? turns : [{ role: 'system', content: system }, ...turns];
}

/** The headings that models tuned on Stanford's Alpaca know. */
function alpacaPrompt(row: { system: string; instruction: string; input: string }): string {
  const { system, instruction, input } = row;
  return [
    ...(system === '' ? [] : [system]),
    `### Instruction:\n${instruction}`,
    ...(input === '' ? [] : [`### Input:\n${input}`]),
    '### Response:\n',
  ].join('\n\n');
}

function labelOf(row: JsonRow, column: string, value: unknown): Label {
  if (typeof value === 'string') return textOf(row, column, value);
  if (typeof value === 'boolean') return String(value);
  const targets: readonly unknown[] = Array.isArray(value) ? value : [value];
  const wrong = targets.length === 0 || !targets.every((target) => Number.isFinite(target));
  if (wrong) {
    throw rowError(
      'INVALID_EXAMPLE',
      row,
      `"${column}" must be a class (text or a number) or a list of numbers, but is ${shown(value)}.`,
      { fix: 'Numbers are finite.' },
    );
  }
  return value as number | readonly number[];
}
