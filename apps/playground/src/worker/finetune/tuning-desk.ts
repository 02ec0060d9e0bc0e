import { finetune, resume, start } from '@attune/runs';
import type { FinetuneReport, FinetuneRequest, TunePart } from '../../messages/finetune.js';
import type { BackendName } from '../../protocol.js';
import { checkedTuneSettings, tuneConfig, type TuneSettings } from '../../settings/tune-settings.js';
import {
  ADAPTER_FOLDER,
  ROWS_PATH,
  RUN_FOLDER,
  storedModel,
  workspace,
  writeRows,
} from '../models/workspace.js';
import type { GivenFiles } from '../models/given-files.js';
import { checkStart } from './check-start.js';
import { checkTunedRun, keepTunedRun } from './import-tuned.js';
import { closeOpenedAdapter, findOpenedAdapter, takeAdapter } from './opened-adapter.js';
import { readPastedRows } from './pasted-rows.js';
import { openTuneText, previewRows } from './preview.js';
import { discardTuning, findTuning } from './stored-tuning.js';
import { tunePlace, type TunePlace } from './tune-host.js';
import { findAdapterFiles, findTunedRun } from './tuned-files.js';
import { archivePart } from './tuned-archives.js';
import { TuningAudience } from './tuning-audience.js';

/** Fine-tunes the model that is open: one run at a time, in the workspace. */
export class TuningDesk {
  private audience: TuningAudience | undefined;

  constructor(private readonly report: (report: FinetuneReport) => void) {}

  get isTraining(): boolean {
    return this.audience !== undefined;
  }

  stop(): void {
    if (this.audience) this.audience.stopping = true;
  }

  save(): void {
    if (this.audience) this.audience.saving = true;
  }

  /** Shows which tokens of the rows carry loss. @throws AttuneError those of reading the rows. */
  async preview({
    text,
    settings,
  }: Extract<FinetuneRequest, { readonly kind: 'previewRows' }>): Promise<void> {
    // Reading rows needs no device.
    const place = await tunePlace('wasm');
    const preview = await previewRows(place, text, checkedTuneSettings(settings, 'The form'));
    this.report({ kind: 'rowsMasked', preview });
  }

  /**
   * Begins a run in place of the one that is there, which stays where the new one cannot begin.
   *
   * @throws AttuneError those of a run.
   */
  async begin(backend: BackendName, text: string, given: TuneSettings): Promise<void> {
    const { report } = this;
    report({ kind: 'tunePreparing', what: 'Reading the rows…' });
    const settings = checkedTuneSettings(given, 'The form');
    const place = await tunePlace(backend, (message) => report({ kind: 'tuneNote', message }));
    const { model, host } = place;
    const jsonl = await this.readRows(place, text, settings);
    const adapter = (await findOpenedAdapter(model)) && { adapter: ADAPTER_FOLDER };
    const config = tuneConfig(settings, { model: model.name, data: ROWS_PATH, ...adapter });
    // A run is given up for one that can begin.
    if (await findTuning().catch(() => undefined)) await checkStart(place, config, jsonl);
    await discardTuning();
    await writeRows(text, jsonl);
    await this.train((audience) =>
      start(finetune, { config, out: RUN_FOLDER, overwrite: false }, host, audience),
    );
  }

  /** The rows as JSONL. */
  private async readRows(place: TunePlace, pasted: string, settings: TuneSettings): Promise<string> {
    const opened = await openTuneText(place, settings.template);
    try {
      return readPastedRows(pasted, opened.template !== undefined).jsonl;
    } finally {
      await opened.close();
    }
  }

  /** Goes on with the run that is there. @throws AttuneError those of a run. */
  async resume(backend: BackendName): Promise<void> {
    this.report({ kind: 'tunePreparing', what: 'Reading the checkpoint…' });
    const { host } = await tunePlace(backend);
    await this.train((audience) => resume(finetune, { run: RUN_FOLDER, given: {} }, host, audience));
  }

  async discard(): Promise<void> {
    await discardTuning();
    await this.showStored();
  }

  /**
   * Opens a run of this page on the model that is open, or an adapter of that model.
   *
   * @throws AttuneError those of {@link checkTunedRun} and {@link takeAdapter}.
   */
  async open(given: GivenFiles): Promise<void> {
    const { model } = await tunePlace('wasm');
    const run = findTunedRun(given);
    if (!run) return takeAdapter(findAdapterFiles(given), model);
    const folder = (await workspace()).folder(model.folder);
    return keepTunedRun(await checkTunedRun(run, { model, folder }));
  }

  /** Removes the adapter that was opened. */
  async closeAdapter(): Promise<void> {
    await closeOpenedAdapter();
    await this.showStored();
  }

  async download(part: TunePart): Promise<void> {
    const { file, name } = await archivePart(await tunePlace('wasm'), part);
    this.report({ kind: 'tunedArchive', file: file as Blob, name });
  }

  /** Reports the run that is stored. */
  async showStored(): Promise<void> {
    const model = await storedModel();
    const saved = await findTuning();
    const adapter = model && (await findOpenedAdapter(model));
    this.report({ kind: 'tuning', ...(saved && { saved }), ...(adapter && { adapter }) });
  }

  private async train(run: (audience: TuningAudience) => Promise<void>): Promise<void> {
    const { report } = this;
    this.audience = new TuningAudience(report);
    try {
      report({ kind: 'tuneStopped', why: await this.audience.watch(() => run(this.audience!)) });
    } finally {
      this.audience = undefined;
    }
  }
}
