import { AttuneError } from '@attune/core';
import { validate } from '../settings/validate.js';
import type { ConfigFormat } from '../record/config-format.js';

/** One `key: JSON` a line: enough of YAML for tests. */
export const testFormat: ConfigFormat = {
  maxBytes: 2 ** 16,
  read: (fields, text, path) =>
    validate(fields, testFormat.parse(text, path), { name: path, spell: (key) => key }),
  parse(text, path) {
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    try {
      return Object.fromEntries(
        lines.map((line) => {
          const [, key, value] = /^(\w+): (.*)$/.exec(line)!;
          return [key, JSON.parse(value!)];
        }),
      ) as Record<string, unknown>;
    } catch (cause) {
      throw new AttuneError('FILE_CORRUPT', `${path} holds no settings.`, { cause });
    }
  },
  write: (values, heading) =>
    [
      `# ${heading}`,
      ...Object.entries(values).map(([key, value]) => `${key}: ${JSON.stringify(value)}`),
      '',
    ].join('\n'),
  hasHeading: (text, heading) => text.startsWith(`# ${heading}`),
};
