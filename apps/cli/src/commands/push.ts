import { AttuneError } from '@attune/core';
import { fieldGroup, formatBytes, withDefaults } from '@attune/runs';
import { Command } from 'commander';
import { addFlags, readFlags } from '../config/flags.js';
import type { Context } from '../environment/context.js';
import { onOneLine } from '../printing/printable.js';
import { push, type PushResult } from '../run/models/push.js';
import { jsonField } from './shared-flags.js';

const repository = fieldGroup('Repository');
const contents = fieldGroup('Contents');

const fields = {
  private: repository.switch({ description: 'make the repository private; refuse one that is public' }),
  branch: repository.optionalText('name', {
    description: 'branch, which is made if it is not there (default: main)',
  }),
  message: repository.optionalText('text', { description: 'first line of the commit' }),
  createPr: repository.switch({ description: 'open a pull request in place of a commit on the branch' }),
  dryRun: repository.switch({ description: 'show what would go up, and the card; send and make nothing' }),
  run: contents.optionalText('dir', {
    description: 'run that the folder came from, for the card (default: where the folder is in one)',
  }),
  include: contents.texts('glob', {
    description: 'more files to send: paths in the folder, with * and **',
    default: [],
  }),
  cardOnly: contents.switch({ description: 'send the model card alone' }),
  license: contents.optionalText('id', { description: 'licence for the card, e.g. apache-2.0' }),
  datasets: contents.texts('id', {
    description: 'data sets of the hub that the card names',
    default: [],
  }),
  json: jsonField,
};

/** @throws AttuneError INVALID_CONFIG for what the hub would not understand. */
function checkIds(license: string | undefined, datasets: readonly string[]): void {
  if (license !== undefined && !/^[a-z0-9][a-z0-9.+-]{0,63}$/.test(license)) {
    throw new AttuneError('INVALID_CONFIG', `--license ${JSON.stringify(license)} is no id of a licence.`, {
      fix: 'Write it as the hub does, e.g. mit, apache-2.0, cc-by-4.0 or other.',
    });
  }
  const wrong = datasets.find((id) => !/^([\w-][\w.-]*\/)?[\w-][\w.-]*$/.test(id));
  if (wrong === undefined) return;
  throw new AttuneError('INVALID_CONFIG', `--datasets ${JSON.stringify(wrong)} is no data set of the hub.`, {
    fix: 'Write owner/name.',
  });
}

function describe(result: PushResult, isDry: boolean): string {
  const { files, left, bytes, url, branch, commit, pullRequest, isNew, isPrivate, card } = result;
  const width = Math.max(...files.map(({ path }) => path.length));
  const rows = files.map(({ path, size, state }) => {
    const there = state === 'same' ? 'on the hub already' : state;
    return `  ${onOneLine(path).padEnd(width)}  ${formatBytes(size).padStart(9)}  ${there}`;
  });
  const kind = `${isPrivate ? 'private' : 'public'}${isNew ? ', new' : ''}`;
  const lines = [`${url} (${kind}), branch ${branch}`, ...rows];
  if (left.length > 0) lines.push(`stay here: ${left.map(onOneLine).join(', ')}`);
  if (isDry) {
    lines.push('', `${formatBytes(bytes)} would go up. Nothing was sent.`);
    if (card !== undefined) lines.push('', 'README.md:', '', card.trimEnd());
  } else if (bytes === 0) lines.push('', 'The hub has all of it already: nothing was sent.');
  else if (pullRequest !== undefined) lines.push('', `Pull request: ${onOneLine(pullRequest)}`);
  else
    lines.push(
      '',
      `Pushed ${formatBytes(bytes)}${commit === undefined ? '' : ` as ${commit.slice(0, 12)}`}.`,
    );
  return `${lines.join('\n')}\n`;
}

/** `attune push`: a model to the hub. */
export function pushCommand(context: Context): Command {
  const command = new Command('push')
    .description('send a model, an adapter or a finished run to the Hugging Face hub')
    .argument('<folder>', 'folder of a model, an adapter, an export or a finished run')
    .argument('<id>', 'owner/name');
  return addFlags(command, fields).action(
    async (folder: string, to: string, options: Record<string, unknown>) => {
      const { json, ...request } = withDefaults(fields, readFlags(fields, options));
      checkIds(request.license, request.datasets);
      const result = await push({ folder, to, ...request }, context);
      if (json) context.stdout.writeJson(result, 2);
      else context.stdout.write(describe(result, request.dryRun));
    },
  );
}
