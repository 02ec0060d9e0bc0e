import { readFile } from 'node:fs/promises';
import { readZipArchive } from '@attune/files';
import type { TunePart } from '../messages/finetune.js';
import type { TuneSettings } from '../settings/tune-settings.js';
import type { RunFiles } from './forged-run.js';
import type { PlaygroundPage } from './playground-page.js';
import { standStillAfter } from './stand-still.js';

type PhasesWindow = { phases: string[] };

/** Runs in the page, and writes down the phases that the section about fine-tuning enters from now on. */
function recordPhases(): void {
  const phases: string[] = [];
  (globalThis as unknown as PhasesWindow).phases = phases;
  new MutationObserver((changes) => {
    const section = changes.map(({ target }) => target as HTMLElement).find(({ id }) => id === 'finetune');
    if (section) phases.push(section.dataset['phase']!);
  }).observe(document, { subtree: true, attributeFilter: ['data-phase'] });
}

/** The sections in which models are opened, fine-tuned and talked with, as their user sees them. */
export class ModelsPage {
  constructor(readonly playground: PlaygroundPage) {}

  private get page() {
    return this.playground.page;
  }

  /** Waits until the section about fine-tuning is in one of some phases. */
  async phase(...phases: string[]): Promise<void> {
    const isShown = (wanted: string[]) =>
      wanted.includes(document.getElementById('finetune')!.dataset['phase'] ?? '');
    await this.page.waitForFunction(isShown, phases);
  }

  /** Loads the page again and waits until the section is in a phase. @returns the phases that it was in, in order. */
  async reload(phase: string): Promise<string[]> {
    await this.page.addInitScript(recordPhases);
    await this.page.reload();
    await this.phase(phase);
    return this.recordedPhases();
  }

  /** @returns the phases that the section enters while something is done, in order. */
  async phasesDuring(work: () => Promise<void>): Promise<string[]> {
    await this.page.evaluate(recordPhases);
    await work();
    return this.recordedPhases();
  }

  private recordedPhases(): Promise<string[]> {
    return this.page.evaluate(() => (globalThis as unknown as PhasesWindow).phases);
  }

  async show(section: 'pretrain' | 'finetune' | 'chat'): Promise<void> {
    await this.page.click(`#tab-${section}`);
  }

  /** Opens a folder of the disk as one that was chosen. */
  async openFolder(path: string): Promise<void> {
    await this.page.setInputFiles('#model-folder', path);
  }

  /** Drops a folder of the disk, as one drags it from a file manager: the browser gives the page its entries. */
  async drop(target: string, path: string): Promise<void> {
    const place = this.page.locator(target);
    await place.waitFor();
    const { x, y, width, height } = (await place.boundingBox())!;
    const at = { x: x + width / 2, y: y + height / 2 };
    const data = { items: [], files: [path], dragOperationsMask: 1 };
    const session = await this.page.context().newCDPSession(this.page);
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
      await session.send('Input.dispatchDragEvent', { type, ...at, data });
    }
    await session.detach();
  }

  /** Opens a zip, and waits until it was opened or refused. Returns what the page then says of it. */
  async openArchive(name: string, buffer: Buffer): Promise<string> {
    await this.forget();
    await this.page.setInputFiles('#model-archive', { name, mimeType: 'application/zip', buffer });
    return this.outcome();
  }

  /** Opens a zip over the model that is open, and returns what the page then says of it, or of the fault. */
  async openTuned(name: string, buffer: Buffer): Promise<string> {
    await this.forget();
    await this.page.setInputFiles('#adapter-archive', { name, mimeType: 'application/zip', buffer });
    await this.page
      .locator('#tune-message[data-kind=error]:visible, #close-adapter:visible, #tune-discard:visible')
      .first()
      .waitFor();
    await this.phase('ready', 'saved', 'finished');
    const refused = this.page.locator('#tune-message[data-kind=error]');
    if (await refused.isVisible()) return refused.innerText();
    return this.page.innerText(
      (await this.page.isVisible('#close-adapter')) ? '#adapter-about' : '#tune-state',
    );
  }

  /** Fetches a model of the hub, and returns what the page then says. */
  async fetch(id: string): Promise<string> {
    await this.forget();
    await this.page.fill('#model-hub', id);
    await this.page.click('#hub-form button');
    return this.outcome();
  }

  async closeModel(): Promise<void> {
    this.page.once('dialog', (dialog) => void dialog.accept());
    await this.page.click('#close-model');
    await this.phase('no-model');
  }

  /** Fills in settings, and rows. */
  async fill(settings: Partial<TuneSettings>, rows: string): Promise<void> {
    for (const [key, value] of Object.entries(settings)) {
      const field = `#tune-${key}`;
      if (typeof value === 'number') await this.page.fill(field, String(value));
      else await this.page.selectOption(field, value);
    }
    await this.page.fill('#tune-rows', rows);
  }

  /** The main button: Fine-tune, Stop or Continue. */
  async press(): Promise<void> {
    await this.page.click('#tune-primary');
  }

  /** Has the mask shown, or the reason why there is none. Returns the text of either. */
  async mask(): Promise<string> {
    await this.forget();
    await this.page.click('#tune-preview');
    await this.page.locator('#mask:visible, #tune-message[data-kind=error]:visible').first().waitFor();
    const shown = (await this.page.isVisible('#mask')) ? '#mask' : '#tune-message';
    return this.page.innerText(shown);
  }

  /** Begins a run, and stops it when a step is done and told of. The next is done, too: it is the last. */
  async pressAndStopAfter(step: number): Promise<void> {
    await standStillAfter(this.page, 'tuneStep', step);
    await this.press();
    const isReached = (step: number) =>
      Number((document.getElementById('tune-step') as HTMLDataElement).value) >= step;
    await this.page.waitForFunction(isReached, step);
    await this.press();
    await this.phase('saved');
  }

  /** The message at the top of the section. */
  message(): Promise<string> {
    return this.page.innerText('#tune-message');
  }

  /** Downloads a part of what was fine-tuned: its files by path, without the folder that they are in. */
  async download(part: TunePart): Promise<{ readonly name: string; readonly files: RunFiles }> {
    const downloading = this.page.waitForEvent('download');
    await this.page.click(`#tune-download-${part}`);
    const download = await downloading;
    const files = await readZipArchive(new Blob([await readFile((await download.path())!)]));
    return { name: download.suggestedFilename(), files };
  }

  /** Sends a message, and returns its answer with the line below it. */
  async say(text: string, settings: Readonly<Record<string, string>> = {}): Promise<string> {
    await this.send(text, settings);
    await this.answered();
    return this.page.locator('#chat-log .answer').last().innerText();
  }

  /** Sends a message, and does not wait. */
  async send(text: string, settings: Readonly<Record<string, string>> = {}): Promise<void> {
    for (const [name, value] of Object.entries(settings)) await this.page.fill(`#chat-${name}`, value);
    await this.page.fill('#chat-box', text);
    await this.page.press('#chat-box', 'Enter');
  }

  /** Waits for the end of an answer. */
  async answered(): Promise<void> {
    await this.page.locator('#chat-log .answer[aria-busy=false]').last().waitFor();
    await this.page.locator('#chat[data-phase=ready]').waitFor();
  }

  /** Forgets what the page said before, so that it is not taken for what it says now. */
  private async forget(): Promise<void> {
    await this.page.evaluate(() => {
      delete document.getElementById('tune-message')!.dataset['kind'];
      document.getElementById('mask')!.hidden = true;
    });
  }

  private async outcome(): Promise<string> {
    await this.page.locator('#tune-message[data-kind=error]:visible, #close-model:visible').first().waitFor();
    await this.phase('ready', 'no-model', 'saved', 'finished');
    const refused = this.page.locator('#tune-message[data-kind=error]');
    return (await refused.isVisible()) ? refused.innerText() : this.page.innerText('#model-about');
  }
}
