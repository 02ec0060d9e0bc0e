import { AttuneError, shortened } from '@attune/core';
import { validate } from '../settings/validate.js';
import type { ConfigFormat } from './config-format.js';

const LINE = /^(\w+): (.*)$/;

/**
 * One `key: value` a line, the values as JSON: YAML that is written, and read again, without a parser of YAML. Of what others
 * write, lines of that kind are read, and everything else is refused.
 */
export const plainFormat: ConfigFormat = {
  maxBytes: 2 ** 16,
  read: (fields, text, path) =>
    validate(fields, plainFormat.parse(text, path), { name: path, spell: (key) => key }),
  parse(text, path) {
    const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('#'));
    const values = new Map<string, unknown>();
    for (const line of lines) {
      const [, key, value] = LINE.exec(line) ?? [];
      if (key === undefined) throw corrupt(path, line);
      if (values.has(key)) {
        throw new AttuneError('INVALID_CONFIG', `${path}: ${key} is set twice.`, {
          fix: 'Leave one of the two out.',
        });
      }
      try {
        values.set(key, JSON.parse(value!));
      } catch (cause) {
        throw corrupt(path, line, cause);
      }
    }
    return Object.fromEntries(values);
  },
  write: (values, heading) =>
    [
      `# ${heading}`,
      ...Object.entries(values).flatMap(([key, value]) =>
        value === undefined ? [] : [`${key}: ${JSON.stringify(value)}`],
      ),
      '',
    ].join('\n'),
  hasHeading: (text, heading) => text.startsWith(`# ${heading}`),
};

function corrupt(path: string, line: string, cause?: unknown): AttuneError {
  return new AttuneError('FILE_CORRUPT', `${path} has a line that is no setting: ${shortened(line)}`, {
    fix: 'Write one `key: value` a line, with text in double quotes.',
    cause,
  });
}
