import type { PickedFile } from '../../messages/models.js';

/** More files than the folder of a model has: somebody dropped a whole disk. */
const MAX_FILES = 20_000;
const MAX_DEPTH = 8;

/** The files of a folder that was chosen, by their paths in it. */
export function chosenFiles(files: FileList): PickedFile[] {
  return [...files].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
}

const filesOf = (entry: FileSystemFileEntry) =>
  new Promise<File>((resolve, reject) => entry.file(resolve, reject));

/** All entries of a folder: a browser tells of a hundred at a time. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const entries: FileSystemEntry[] = [];
  for (;;) {
    const more = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (more.length === 0 || entries.length > MAX_FILES) return entries;
    entries.push(...more);
  }
}

async function collect(
  entry: FileSystemEntry,
  path: string,
  into: PickedFile[],
  depth: number,
): Promise<void> {
  if (into.length > MAX_FILES || depth > MAX_DEPTH) return;
  if (entry.isFile) into.push({ path, file: await filesOf(entry as FileSystemFileEntry) });
  if (!entry.isDirectory) return;
  for (const child of await entriesOf(entry as FileSystemDirectoryEntry)) {
    await collect(child, `${path}/${child.name}`, into, depth + 1);
  }
}

/**
 * The files that were dropped, with those of the folders among them. Call it in the event itself: what was dropped is gone
 * after it.
 */
export async function droppedFiles({ items }: DataTransfer): Promise<PickedFile[]> {
  const entries = [...items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  const files: PickedFile[] = [];
  for (const entry of entries) await collect(entry, entry.name, files, 0);
  return files;
}
