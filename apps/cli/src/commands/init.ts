import { open, rm } from 'node:fs/promises';
import { AttuneError, fileWriteError, shellWord, systemCode } from '@attune/core';
import { fieldGroup, withDefaults } from '@attune/runs';
import { Command } from 'commander';
import { addFlags, readFlags } from '../config/flags.js';
import type { Context } from '../environment/context.js';
import { exists } from '../environment/files.js';
import { attuneCommand } from '../environment/invocation.js';
import { askerFor } from '../init/askers.js';
import { askAll } from '../init/questions.js';
import { settingsText } from '../init/settings.js';

const init = fieldGroup('Answers');

const fields = {
  command: init.optionalText('name', { description: 'pretrain or finetune' }),
  preset: init.optionalText('name', { description: 'settings to begin with, or none' }),
  data: init.optionalText('path', { description: 'data: a folder of tokens, or JSONL; stories for the embedded ones' }),
  model: init.optionalText('dir', { description: 'with finetune: the model' }),
  method: init.optionalText('name', { description: 'with finetune: lora, full or freeze' }),
  backend: init.optionalText('name', { description: 'auto, cuda, webgpu, cpu or wasm' }),
  out: init.optionalText('dir', { description: 'folder of the run, for the command to type next' }),
  yes: init.switch({ description: 'ask nothing: defaults for what no flag says' }),
  dryRun: init.switch({ description: 'print the settings, and write nothing' }),
}; // prettier-ignore

function taken(file: string): AttuneError {
  return new AttuneError('INVALID_CONFIG', `${file} exists already.`, {
    fix: 'Name another file, or remove this one.',
  });
}

/** Writes a file that is not there yet, or nothing. */
async function writeNew(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx').catch((error: unknown) => {
    throw systemCode(error) === 'EEXIST' ? taken(file) : fileWriteError(file, error);
  });
  try {
    await handle.writeFile(text);
  } catch (error) {
    // An empty file would be in the way of the next attempt.
    await rm(file, { force: true });
    throw fileWriteError(file, error);
  } finally {
    await handle.close();
  }
}

/** `attune init`: settings for a run, by questions. */
export function initCommand(context: Context): Command {
  const command = new Command('init')
    .description('ask a few questions, and write the settings of a run as YAML')
    .argument('[file]', 'the file to write (default: attune.yaml)');
  return addFlags(command, fields).action(
    async (name: string | undefined, options: Record<string, unknown>) => {
      const file = name ?? 'attune.yaml';
      const { yes, dryRun, ...given } = withDefaults(fields, readFlags(fields, options));
      if (await exists(file)) throw taken(file);
      const asker = yes ? undefined : askerFor(context);
      if (!yes && !asker) {
        throw new AttuneError('INVALID_CONFIG', 'There is no terminal to ask questions on.', {
          fix: 'Add --yes, and answer by flags: --command, --data, --model.',
        });
      }
      const answers = await askAll(given, asker).finally(() => asker?.close?.());
      const next = `${attuneCommand(context)} ${answers.command} --config ${shellWord(file)} --out ${shellWord(answers.out)}`;
      const text = settingsText(answers, next);
      if (dryRun) {
        context.stdout.write(`${file} would be written:\n\n${text}`);
        return;
      }
      await writeNew(file, text);
      context.stdout.write(`The settings are in ${file}.\n\nNext: ${next}\n`);
    },
  );
}
