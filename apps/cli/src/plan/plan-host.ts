import { writeTokenFolder } from '@attune/data';
import type { RunHost } from '@attune/runs';
import type { Context } from '../environment/context.js';
import { storyText } from '../run/host/embedded-corpus.js';
import { runHost } from '../run/host/run-host.js';

/** This machine, for a plan: what a run would write for itself goes to the folder that it is given, which lies in memory. */
export function planHost(context: Context): RunHost {
  return {
    ...runHost(context),
    prepareOwnData: async (folder) => void (await writeTokenFolder(folder, await storyText())),
  };
}
