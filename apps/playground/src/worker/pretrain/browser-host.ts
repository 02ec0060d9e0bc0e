import { AttuneError, messageOf } from '@attune/core';
import { prepareText, writeTokenFolder } from '@attune/data';
import { storyCorpus } from '@attune/demo-data';
import type { WritableFolder } from '@attune/files';
import type { RunHost } from '@attune/runs';
import type { BackendName } from '../../protocol.js';
import { deviceHost } from '../host/device-host.js';

/** The parts of a run of the page. */
export interface BrowserHostOptions {
  /** Where the run is. */
  readonly run: WritableFolder;
  /** The backend that the user chose, whatever the configuration says. */
  readonly backend: BackendName;
  /** The text of a run that begins. Default: the embedded stories. */
  readonly text?: File | undefined;
}

async function elsewhere(): Promise<never> {
  throw new AttuneError('INVALID_CONFIG', 'The playground pretrains a model from its beginning.', {
    fix: 'Begin with the weights of a model on the command line: attune pretrain --init-from, attune finetune.',
  });
}

async function textOf(file: File | undefined): Promise<string> {
  if (!file) return storyCorpus();
  try {
    return (await file.text()).replaceAll('\r\n', '\n');
  } catch (cause) {
    throw new AttuneError('FILE_READ', `${file.name} cannot be read: ${messageOf(cause)}`, {
      fix: 'It was moved or changed since, or is no file: choose the text again.',
      cause,
    });
  }
}

/** This browser, as a run sees it: the one run that it has, with its own data, and the backend that was chosen. */
export function browserHost({ run, backend: chosen, text }: BrowserHostOptions): RunHost {
  return {
    ...deviceHost(chosen),
    folder: () => run,

    async prepareOwnData(folder) {
      const prepared = await prepareText(await textOf(text), { tokenizer: 'char', valFraction: 0.1 });
      await writeTokenFolder(folder, prepared);
    },
    openRows: elsewhere,

    locate: elsewhere,
    locateBase: elsewhere,
    // Nothing chats here, and a browser has no limits for what a stranger's template does.
    openTemplate: async () => undefined,
    warn: () => undefined,
  };
}
