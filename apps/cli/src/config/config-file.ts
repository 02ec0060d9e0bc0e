import { AttuneError } from '@attune/core';
import { parse, stringify } from 'yaml';
import { readText } from '../run/files.js';
import type { Fields, ValuesOf } from './field.js';
import { keyOf } from './spelling.js';
import { validate } from './validate.js';

/** Keys in camelCase. Both spellings of one key at once would leave it open which one counts. */
function normalizeKeys(path: string, values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const normalized: Record<string, unknown> = {};
  for (const [written, value] of Object.entries(values)) {
    const key = keyOf(written);
    if (key in normalized) throw new AttuneError('INVALID_CONFIG', `${path}: ${key} is set twice.`);
    normalized[key] = value;
  }
  return normalized;
}

/**
 * Settings from a YAML file, with keys in camelCase or snake_case.
 *
 * @throws AttuneError FILE_NOT_FOUND, FILE_READ; FILE_CORRUPT if it is not YAML; UNKNOWN_KEY; INVALID_CONFIG.
 */
export async function readConfigFile<F extends Fields>(
  fields: F,
  path: string,
): Promise<Partial<ValuesOf<F>>> {
  const text = await readText(path, 'Check the path given to --config.');
  let values: unknown;
  try {
    values = parse(text) ?? {};
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new AttuneError('FILE_CORRUPT', `${path} is not YAML: ${reason}`, { cause });
  }
  if (typeof values !== 'object' || Array.isArray(values)) {
    throw new AttuneError('INVALID_CONFIG', `${path} must hold settings, one \`key: value\` a line.`);
  }
  const normalized = normalizeKeys(path, values as Record<string, unknown>);
  return validate(fields, normalized, { name: path, spell: (key) => key });
}

/** Settings as YAML, under a line that says where they come from. */
export function formatConfig(values: Readonly<Record<string, unknown>>, heading: string): string {
  return `# ${heading}\n${stringify(values)}`;
}
