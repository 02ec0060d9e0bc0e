import { fieldGroup, formatBytes, withDefaults } from '@attune/runs';
import { Command } from 'commander';
import { addFlags, readFlags } from '../config/flags.js';
import type { Context } from '../environment/context.js';
import { reportPlannedWrites } from '../printing/planned-writes.js';
import { fetchModel, planFetch } from '../run/host/locate-model.js';
import { dryRunField, jsonField } from './shared-flags.js';

const model = fieldGroup('Model');

const fields = {
  revision: model.optionalText('name', { description: 'a branch, a tag or a commit (default: main)' }),
  cache: model.optionalText('dir', {
    description: 'cache folder (default: that of the Hugging Face libraries)',
  }),
  dryRun: { ...dryRunField, description: 'show what would be downloaded, and write nothing' },
  json: jsonField,
};

/** `attune download`: a model of the hub, for when there is no network. */
export function downloadCommand(context: Context): Command {
  const command = new Command('download')
    .description('download a model from the Hugging Face hub into the cache')
    .argument('<id>', 'organisation/model');
  return addFlags(command, fields).action(async (id: string, options: Record<string, unknown>) => {
    const { revision, cache: cacheDir, dryRun, json } = withDefaults(fields, readFlags(fields, options));
    if (dryRun) {
      const { path, missing, freeBytes } = await planFetch(id, context, { revision, cacheDir });
      const changes = missing.map((file) => ({ ...file, kind: 'write' as const }));
      const total = formatBytes(missing.reduce((sum, { bytes }) => sum + bytes, 0));
      const free = freeBytes === undefined ? '' : ` ${formatBytes(freeBytes)} are free on its disk.`;
      const notes = [
        missing.length === 0 ? `All of ${id} is in ${path} already.` : `It has ${total} to download.${free}`,
      ];
      return reportPlannedWrites(changes, { json, notes }, context.stdout);
    }
    const { path, hub } = await fetchModel(id, context, { revision, cacheDir });
    if (json) context.stdout.writeJson({ path, ...hub });
    else context.stdout.writeText(`${path}\n`);
  });
}
