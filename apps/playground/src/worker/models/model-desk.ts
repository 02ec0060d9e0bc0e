import { isAttuneError } from '@attune/core';
import type { BlobLike } from '@attune/files';
import { findModel, formatBytes } from '@attune/runs';
import type { ModelReport, OpenedModel } from '../../messages/models.js';
import { StoredRun } from '../pretrain/stored-run.js';
import { fetchHubModel } from './hub-files.js';
import { isModelFile, type ModelFiles } from './model-files.js';
import { describeModel, takeModel } from './open-model.js';
import { clearWorkspace, storedModel, workspace } from './workspace.js';

/** Often enough for a page. */
const REDRAW_MS = 200;

/** The name that the model of a run of this page is called by. */
const PRETRAINED = 'pretrained';

/** The bytes of a file in memory, as a blob. */
const blobOf = (bytes: Uint8Array): BlobLike => new Blob([bytes as Uint8Array<ArrayBuffer>]);

/** Opens models for fine-tuning and for the conversation: one at a time. */
export class ModelDesk {
  private fetching: AbortController | undefined;

  constructor(private readonly report: (report: ModelReport) => void) {}

  /** The model that was opened before; `undefined` if there is none that can be read. */
  async find(): Promise<OpenedModel | undefined> {
    const stored = await storedModel();
    return stored && describeModel((await workspace()).folder(stored.folder), stored.name);
  }

  /** Says what opening waits for. */
  opening(what: string): void {
    this.report({ kind: 'openingModel', what });
  }

  /** Opens a model that was given. @throws AttuneError those of {@link takeModel}. */
  async open(files: ModelFiles): Promise<void> {
    this.opened(await takeModel(files));
  }

  /** Opens the model of the run that was pretrained here. @throws AttuneError FILE_NOT_FOUND if it has no checkpoint. */
  async openPretrained(): Promise<void> {
    this.report({ kind: 'openingModel', what: 'Reading the run…' });
    const folder = await findModel((await StoredRun.get()).folder);
    const names = ((await folder.list()) ?? []).filter(
      (file) => isModelFile(file) && file !== 'optimizer.safetensors',
    );
    const files = new Map<string, BlobLike>();
    for (const file of names) {
      const source = await folder.open(file);
      files.set(file, blobOf(await source.read(0, source.size)));
    }
    this.opened(await takeModel({ name: PRETRAINED, files }));
  }

  /** Fetches a model of the hub. @throws AttuneError those of {@link fetchHubModel} and {@link takeModel}. */
  async fetch(id: string): Promise<void> {
    this.report({ kind: 'openingModel', what: `Asking the hub for ${id}…` });
    this.fetching = new AbortController();
    let shown = 0;
    const onProgress = (loaded: number, total: number) => {
      if (performance.now() - shown < REDRAW_MS) return;
      shown = performance.now();
      const what = `Fetching ${id}: ${formatBytes(loaded)} of ${formatBytes(total)}`;
      this.report({ kind: 'openingModel', what });
    };
    try {
      const { called, ...files } = await fetchHubModel(id, onProgress, this.fetching.signal);
      this.opened(await takeModel(files, called));
    } finally {
      this.fetching = undefined;
    }
  }

  cancel(): void {
    this.fetching?.abort();
  }

  async close(): Promise<void> {
    await clearWorkspace();
    this.report({ kind: 'model' });
  }

  /** Says why a model was not opened, and what is open all the same. @returns true if there is one. */
  async refuse(error: unknown, message: string): Promise<boolean> {
    if (!isAttuneError(error, 'INTERRUPTED')) this.report({ kind: 'modelRefused', message });
    const model = await this.find().catch(() => undefined);
    this.report({ kind: 'model', ...(model && { model }) });
    return model !== undefined;
  }

  private opened(model: OpenedModel): void {
    this.report({ kind: 'model', model });
  }
}
