import type { WritableFolder } from '@attune/files';
import { checkpointFolder } from '@attune/formats';
import type { ConfigFormat } from '../record/config-format.js';
import { FINAL, OWN_DATA } from '../record/run-files.js';
import { readRun } from '../record/run-folder.js';
import type { RunStore } from '../record/run-store.js';

const nothing = async () => undefined;

/** The folder of a run as ranks other than 0 have it: they read in it, and what they would write is dropped. */
export function followerStore(run: WritableFolder, format: ConfigFormat | undefined): RunStore {
  const checkpointPath = (name: string) => checkpointFolder(run, name).name;
  return {
    ...readRun(run, format),
    writes: false,
    finalPath: run.folder(FINAL).name,
    ownData: run.folder(OWN_DATA),
    checkpointPath,
    // The folder is rank 0's.
    ...{ check: nothing, checkOwnData: nothing, close: nothing },
    ...{ writeConfig: nothing, writeRecord: nothing },
    ...{ log: nothing, syncLog: nothing, truncateLog: async (step) => step },
    ...{ writeSample: nothing, removeSamplesAfter: nothing },
    ...{
      writeCheckpoint: nothing,
      removeCheckpoint: nothing,
      setAside: async (name) => checkpointPath(name),
    },
    writeFinal: nothing,
  };
}
