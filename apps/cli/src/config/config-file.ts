import { AttuneError } from '@attune/core';
import { keyOf, validate, type ConfigFormat, type Fields, type ValuesOf } from '@attune/runs';
import { parseDocument, stringify, YAMLParseError, type Document } from 'yaml';
import { readText } from '../environment/files.js';

/**
 * Known keys in camelCase, and others as they are. Both spellings of one key at once would leave it open which one counts.
 */
function normalizeKeys(
  fields: Fields,
  path: string,
  values: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const normalized = new Map<string, unknown>();
  for (const [written, value] of Object.entries(values)) {
    const key = Object.hasOwn(fields, keyOf(written)) ? keyOf(written) : written;
    if (normalized.has(key)) throw setTwice(path, key);
    normalized.set(key, value);
  }
  return Object.fromEntries(normalized);
}

function setTwice(path: string, key: string, line?: number): AttuneError {
  const where = line === undefined ? '' : ` (again in line ${line})`;
  return new AttuneError('INVALID_CONFIG', `${path}: ${key} is set twice${where}.`, {
    fix: 'Leave one of the two out.',
    data: { key },
  });
}

/** A document's value. What the library would warn of, as a tag that it does not know, makes it no settings of ours. */
function valueOf(document: Document.Parsed): unknown {
  const [fault] = [...document.errors, ...document.warnings];
  if (fault) throw fault;
  return document.toJS();
}

/**
 * The contents of a YAML file of settings.
 *
 * @throws AttuneError FILE_CORRUPT if it is not YAML; INVALID_CONFIG if it sets a key twice, or holds something else than
 * settings.
 */
function parseSettings(path: string, text: string): Readonly<Record<string, unknown>> {
  let values: unknown;
  try {
    values = valueOf(parseDocument(text, { logLevel: 'error' })) ?? {};
  } catch (cause) {
    const [start] = (cause instanceof YAMLParseError ? cause.linePos : undefined) ?? [];
    if (start && (cause as YAMLParseError).code === 'DUPLICATE_KEY') {
      const line = text.split(/\r?\n/)[start.line - 1] ?? '';
      throw setTwice(path, /^[^:\s]+/.exec(line.slice(start.col - 1))?.[0] ?? 'a key', start.line);
    }
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new AttuneError('FILE_CORRUPT', `${path} is not YAML: ${reason}`, {
      fix: 'Write one `key: value` a line.',
      cause,
    });
  }
  if (typeof values === 'object' && values !== null && !Array.isArray(values)) {
    return values as Record<string, unknown>;
  }
  throw new AttuneError('INVALID_CONFIG', `${path} must hold settings, one \`key: value\` a line.`);
}

/** Settings take a kilobyte or two. YAML is parsed slowly: each key is compared with all before it. */
const MAX_SETTINGS_BYTES = 2 ** 16;

/**
 * Settings from a YAML text, with keys in camelCase or snake_case.
 *
 * @param path of the text, for messages.
 * @throws AttuneError FILE_CORRUPT if it is not YAML; UNKNOWN_KEY; INVALID_CONFIG.
 */
function readSettings<F extends Fields>(fields: F, text: string, path: string): Partial<ValuesOf<F>> {
  const normalized = normalizeKeys(fields, path, parseSettings(path, text));
  return validate(fields, normalized, { name: path, spell: (key) => key });
}

/**
 * Settings from a YAML file: see {@link readSettings}.
 *
 * @throws AttuneError FILE_NOT_FOUND, FILE_READ; FILE_CORRUPT if it is larger than settings are; as {@link readSettings}.
 */
export async function readConfigFile<F extends Fields>(
  fields: F,
  path: string,
): Promise<Partial<ValuesOf<F>>> {
  const text = await readText(path, 'Check the path given to --config.', MAX_SETTINGS_BYTES);
  return readSettings(fields, text, path);
}

/** Settings as YAML, under a line that says where they come from. */
function formatConfig(values: object, heading: string): string {
  return `# ${heading}\n${stringify(values)}`;
}

/** The configurations of runs, as YAML. */
export const yamlFormat: ConfigFormat = {
  maxBytes: MAX_SETTINGS_BYTES,
  read: readSettings,
  parse: (text, path) => parseSettings(path, text),
  write: formatConfig,
  hasHeading: (text, heading) => text.startsWith(`# ${heading}`),
};
