import { assert } from '@attune/backend-testkit';
import { backend as webgpu } from '@attune/backend-webgpu';
import { files, saveFile, serveTests } from '@attune/browser-harness/page';
import { memoryFolder, zipArchive, type Folder } from '@attune/files';
import { directoryFolder, type DirectoryHandle } from '@attune/files/web';
import { checkpointFolder, readCheckpoint, wholeCheckpoints, writeCheckpoint } from '@attune/formats';
import { openRun, STEPS, train } from './run.js';

declare const navigator: { readonly storage: { getDirectory(): Promise<DirectoryHandle> } };

async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(new TextDecoder().decode(await files(path))) as T;
}

/** A checkpoint as the download that a page would offer. */
async function archiveOf(run: Folder): Promise<Uint8Array> {
  const [entry] = await wholeCheckpoints(run);
  const folder = checkpointFolder(run, entry!.name);
  const entries: [string, Uint8Array][] = [];
  for (const name of (await folder.list())!) {
    const source = await folder.open(name);
    entries.push([name, await source.read(0, source.size)]);
  }
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for await (const chunk of zipArchive(entries)) chunks.push(new Uint8Array(chunk));
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

serveTests(({ test }) => {
  test('takes it up, trains on, and offers its checkpoint as a download', async () => {
    const names = await readJson<string[]>('checkpoint.json');
    const contents = await Promise.all(names.map((name) => files(`checkpoint/${name}`)));
    const folder = memoryFolder(new Map(names.map((name, i) => [name, contents[i]!])));
    const { checkpoint } = await readCheckpoint(folder);

    const backend = await webgpu.create();
    assert(backend.device.kind === 'gpu', 'not on a GPU');
    const { trainer, config } = await openRun(backend);
    await trainer.restore(checkpoint);
    const taken = await train(trainer, STEPS);

    const run = directoryFolder(await navigator.storage.getDirectory()).folder('run');
    await run.make();
    await writeCheckpoint(run, { checkpoint: await trainer.checkpoint(), config });
    await saveFile('checkpoint.zip', await archiveOf(run));
    const next = await train(trainer, STEPS);
    await saveFile('losses.json', new TextEncoder().encode(JSON.stringify({ taken, next })));
    await trainer.dispose();
    await backend.dispose();
  });
});
