import { AttuneError } from '@attune/core';
import type { ChatRequest } from '../messages/chat.js';
import type { FinetuneRequest } from '../messages/finetune.js';
import type { ModelRequest } from '../messages/models.js';
import type { Report } from '../protocol.js';
import { defaultTuneSettings, tuneFields } from '../settings/tune-settings.js';
import { ChatDesk } from './chat/chat-desk.js';
import { checkTunedRun, keepTunedRun } from './finetune/import-tuned.js';
import { findTunedRun } from './finetune/tuned-files.js';
import { messageOf } from './finetune/message-of.js';
import { TuningDesk } from './finetune/tuning-desk.js';
import { givenArchive, givenFolder, type GivenFiles } from './models/given-files.js';
import { ModelDesk } from './models/model-desk.js';
import { findModelFiles } from './models/model-files.js';
import { givenModel } from './models/open-model.js';

type OwnRequest = ModelRequest | FinetuneRequest | ChatRequest;

/** A function for each kind of request about models, fine-tuning and the conversation. */
export type ModelHandlers = {
  readonly [K in OwnRequest['kind']]: (request: Extract<OwnRequest, { readonly kind: K }>) => Promise<void>;
};

/** The rest of the worker, as these requests meet it. */
export interface Surroundings {
  report(report: Report): void;
  /** True while a model is pretrained. */
  isPretraining(): boolean;
  /** Gives back what a pretrained model holds while it does not train. */
  closeIdle(): Promise<void>;
}

/** Models that are opened, fine-tuned and talked with. */
export class Models {
  private readonly models: ModelDesk;
  private readonly tuning: TuningDesk;
  private readonly chat: ChatDesk;

  constructor(private readonly around: Surroundings) {
    const report = (message: Report) => around.report(message);
    this.models = new ModelDesk(report);
    this.tuning = new TuningDesk(report);
    this.chat = new ChatDesk(report, messageOf);
  }

  /** Reports what was open and stored when the page was closed. */
  async begin(): Promise<void> {
    const { report } = this.around;
    report({ kind: 'tuneForm', fields: tuneFields, settings: defaultTuneSettings });
    try {
      const model = await this.models.find();
      report({ kind: 'model', ...(model && { model }) });
      if (model) await this.tuning.showStored();
      else report({ kind: 'tuning' });
    } catch (error) {
      report({ kind: 'model' });
      report({ kind: 'tuning' });
      report({
        kind: 'modelRefused',
        message: `The model that was opened here cannot be read. ${messageOf(error)}`,
      });
    }
  }

  /** Gives the device to whoever is about to train. @throws AttuneError RUN_LOCKED while a model is fine-tuned. */
  async makeWay(): Promise<void> {
    if (this.tuning.isTraining) {
      throw new AttuneError('RUN_LOCKED', 'A model is being fine-tuned in this tab.', {
        fix: 'Stop that, or wait for its end.',
      });
    }
    await this.chat.release();
  }

  readonly handlers: ModelHandlers = {
    openModel: ({ name, files }) =>
      this.open(async () => {
        this.models.opening(`Reading ${name}…`);
        await this.openGiven(givenFolder(name, files));
      }),
    openModelArchive: ({ archive }) =>
      this.open(async () => {
        this.models.opening(`Unpacking ${archive.name}…`);
        await this.openGiven(await givenArchive(archive));
      }),
    openPretrained: () => this.open(() => this.models.openPretrained()),
    fetchModel: ({ id }) => this.open(() => this.models.fetch(id)),
    cancelFetch: async () => this.models.cancel(),
    closeModel: () => this.open(() => this.models.close()),

    previewRows: async (request) => {
      try {
        await this.tuning.preview(request);
      } catch (error) {
        this.around.report({ kind: 'rowsRefused', message: messageOf(error) });
      }
    },
    openTuned: ({ name, files }) => this.openTuned(name, async () => givenFolder(name, files)),
    openTunedArchive: ({ archive }) => this.openTuned(archive.name, () => givenArchive(archive)),
    closeAdapter: () =>
      this.tell(async () => {
        await this.takeTurn();
        await this.tuning.closeAdapter();
      }),
    tune: ({ backend, text, settings }) => this.train(() => this.tuning.begin(backend, text, settings)),
    continueTuning: ({ backend }) => this.train(() => this.tuning.resume(backend)),
    stopTuning: async () => this.tuning.stop(),
    saveTuning: async () => this.tuning.save(),
    discardTuning: () =>
      this.tell(async () => {
        await this.takeTurn();
        await this.tuning.discard();
      }),
    downloadTuned: ({ part }) => this.tell(() => this.tuning.download(part)),

    say: async (request) => {
      try {
        this.requireIdle();
        await this.around.closeIdle();
        await this.chat.say(request);
      } catch (error) {
        this.around.report({ kind: 'unanswered', message: messageOf(error) });
      }
    },
    stopAnswer: async () => this.chat.stop(),
    clearChat: () => this.chat.clear(),
  };

  /** @throws AttuneError RUN_LOCKED while something trains. */
  private requireIdle(): void {
    if (!this.around.isPretraining() && !this.tuning.isTraining) return;
    throw new AttuneError('RUN_LOCKED', 'A model is being trained in this tab.', {
      fix: 'Pause that, or wait for its end.',
    });
  }

  /** Gives back all that is held on devices. @throws AttuneError RUN_LOCKED while something trains. */
  private async takeTurn(): Promise<void> {
    this.requireIdle();
    await this.around.closeIdle();
    await this.chat.release();
  }

  private async open(work: () => Promise<void>): Promise<void> {
    try {
      await this.takeTurn();
      await this.chat.clear();
      await work();
      await this.tuning.showStored();
    } catch (error) {
      const none = () => this.around.report({ kind: 'tuning' });
      // Its run, too, is as it was.
      if (await this.models.refuse(error, messageOf(error))) await this.tuning.showStored().catch(none);
      else none();
    }
  }

  /** Opens a model and, where it came with one, the run of this page on it. */
  private async openGiven(given: GivenFiles): Promise<void> {
    const files = findModelFiles(given);
    const found = findTunedRun(given);
    const { name } = files;
    const run =
      found && (await checkTunedRun(found, { model: { name, folder: name }, folder: givenModel(files) }));
    await this.models.open(files);
    if (run) await keepTunedRun(run);
  }

  private async openTuned(name: string, read: () => Promise<GivenFiles>): Promise<void> {
    await this.tell(async () => {
      await this.takeTurn();
      await this.chat.clear();
      this.around.report({ kind: 'openingTuned', what: `Reading ${name}…` });
      await this.tuning.open(await read());
      await this.tuning.showStored();
    });
  }

  private async train(work: () => Promise<void>): Promise<void> {
    await this.tell(async () => {
      await this.takeTurn();
      await work();
      await this.tuning.showStored();
    });
  }

  /** Does what is asked, and reports the run as it stands if that fails. */
  private async tell(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      await this.tuning.showStored().catch(() => this.around.report({ kind: 'tuning' }));
      this.around.report({ kind: 'tuneFailed', message: messageOf(error) });
    }
  }
}
