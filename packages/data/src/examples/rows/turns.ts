import type { Message } from './example.js';
import type { JsonRow } from './json-lines.js';
import { exactMembers, itemTexts, memberTexts } from './json-text.js';
import { rowError } from './row-error.js';
import { shown, textOf } from './text-field.js';

/** Roles of a conversation. */
const roles = ['system', 'user', 'assistant', 'tool'] as const;

/** Names of the speakers in ShareGPT's exports and what was made after them, as roles. */
const rolesOfSpeakers: Readonly<Record<string, (typeof roles)[number]>> = {
  system: 'system',
  human: 'user',
  user: 'user',
  gpt: 'assistant',
  chatgpt: 'assistant',
  bing: 'assistant',
  bard: 'assistant',
  model: 'assistant',
  assistant: 'assistant',
  tool: 'tool',
  observation: 'tool',
};

/** @throws AttuneError INVALID_EXAMPLE unless the value is a list of turns with `role` and `content`. */
export function readMessages(row: JsonRow, column: string, value: unknown): Message[] {
  const written = itemTexts(memberTexts(row.source ?? '{}').get(column) ?? '[]');
  return turnsOf(row, column, value).map((turn, i) => {
    const name = `${column}[${i}]`;
    const role = textOf(row, `${name}.role`, own(turn, 'role'));
    if (!(roles as readonly string[]).includes(role)) throw unknownRole(row, `${name}.role`, role, roles);
    const content = contentOf(row, `${name}.content`, turn);
    return { ...turn, ...exactMembers(written[i]), role, content, ...weightOf(row, name, turn) };
  });
}

/** @throws AttuneError INVALID_EXAMPLE unless the value is a list of turns with `from` and `value`. */
export function readTurns(row: JsonRow, column: string, value: unknown): Message[] {
  return turnsOf(row, column, value).map((turn, i) => {
    const name = `${column}[${i}]`;
    const from = textOf(row, `${name}.from`, own(turn, 'from'));
    if (!Object.hasOwn(rolesOfSpeakers, from)) {
      throw unknownRole(row, `${name}.from`, from, Object.keys(rolesOfSpeakers));
    }
    const content = textOf(row, `${name}.value`, own(turn, 'value'));
    return { role: rolesOfSpeakers[from]!, content, ...weightOf(row, name, turn) };
  });
}

type Turn = Readonly<Record<string, unknown>>;

function own(turn: Turn, key: string): unknown {
  return Object.hasOwn(turn, key) ? turn[key] : undefined;
}

function turnsOf(row: JsonRow, column: string, value: unknown): Turn[] {
  if (!Array.isArray(value) || value.length === 0) {
    const found = Array.isArray(value) ? 'is empty' : `is ${shown(value)}`;
    throw rowError('INVALID_EXAMPLE', row, `"${column}" must be a list of turns, but ${found}.`, {
      fix: 'Write at least one turn, or leave the row out.',
    });
  }
  const wrong = value.findIndex((turn) => typeof turn !== 'object' || turn === null || Array.isArray(turn));
  if (wrong < 0) return value as Turn[];
  throw rowError(
    'INVALID_EXAMPLE',
    row,
    `"${column}[${wrong}]" must be an object, but is ${shown(value[wrong])}.`,
  );
}

/** A turn that calls tools may say nothing. */
function contentOf(row: JsonRow, name: string, turn: Turn): string {
  const content = own(turn, 'content');
  if ((content === undefined || content === null) && Array.isArray(own(turn, 'tool_calls'))) return '';
  return textOf(row, name, content);
}

function weightOf(row: JsonRow, name: string, turn: Turn): { weight?: number } {
  const weight = own(turn, 'weight') ?? undefined;
  if (weight === undefined) return Object.hasOwn(turn, 'weight') ? { weight: undefined } : {};
  if (typeof weight === 'number' && Number.isFinite(weight) && weight >= 0) return { weight };
  throw rowError(
    'INVALID_EXAMPLE',
    row,
    `"${name}.weight" must be a number of at least 0, but is ${shown(weight)}.`,
    { fix: '0 trains nothing of the turn, 1 is the usual weight.' },
  );
}

function unknownRole(row: JsonRow, name: string, role: string, known: readonly string[]) {
  return rowError('INVALID_EXAMPLE', row, `"${name}" is ${shown(role)}, which is no role.`, {
    fix: `Known: ${known.join(', ')}.`,
    data: { role },
  });
}
