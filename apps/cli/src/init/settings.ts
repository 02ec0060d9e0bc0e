import { checkConfig, finetuneConfig, presetValues, trainingFields, withDefaults } from '@attune/runs';
import { stringify } from 'yaml';
import type { Answers } from './questions.js';

/**
 * Settings for `--config`, as YAML: those of the preset, with the answers over them. They are checked as the command will check them.
 *
 * @throws AttuneError INVALID_CONFIG for settings that do not go together.
 */
export function settingsText(
  { command, preset, data, model, method, backend }: Answers,
  next: string,
): string {
  const answers = {
    ...(data !== undefined && { data }),
    ...(model !== undefined && { model }),
    ...(method !== undefined && { method }),
    backend,
  };
  const own = preset === undefined ? {} : presetValues(command, preset);
  const values: Readonly<Record<string, unknown>> = { ...own, ...answers };
  if (command === 'pretrain') checkConfig(withDefaults(trainingFields, values));
  else finetuneConfig(values as Parameters<typeof finetuneConfig>[0]);
  const from = preset === undefined ? '' : `, from the preset ${preset}`;
  return `# Settings of attune ${command}${from}. Run it: ${next}\n${stringify(values)}`;
}
