import { AttuneError } from '@attune/core';

/** @throws AttuneError INVALID_CONFIG for what a run that goes on cannot take. */
export function checkResumeOptions(options: Readonly<Record<string, unknown>>): void {
  const wrong = ['preset', 'config', 'out', 'continue', 'overwrite'].filter(
    (key) => options[key] !== undefined,
  );
  if (wrong.length === 0) return;
  throw new AttuneError(
    'INVALID_CONFIG',
    `--resume does not go with ${wrong.map((key) => `--${key}`).join(', ')}.`,
    {
      fix: 'A run goes on in its folder, with its own configuration; single settings can be changed by flags.',
    },
  );
}
