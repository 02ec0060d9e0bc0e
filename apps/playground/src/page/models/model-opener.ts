import type { ModelRequest, OpenedModel } from '../../messages/models.js';
import type { Connection } from '../parts/connection.js';
import { create, enableControls } from '../parts/elements.js';
import { formatCount } from '../parts/format.js';
import { DropZone } from './drop-zone.js';

/** The part of the page where a model is opened: a folder, an archive, the run of this page, or one of the hub. */
export class ModelOpener {
  readonly element = create('div', { className: 'opener' });
  private readonly about = create('p', { id: 'model-about' });
  private readonly ways = create('div', { className: 'ways' });
  private readonly zone: DropZone;
  private readonly hub = create('input', {
    type: 'text',
    id: 'model-hub',
    placeholder: 'organisation/model',
    autocomplete: 'off',
    spellcheck: false,
  });
  private readonly cancel = create('button', {
    type: 'button',
    id: 'cancel-fetch',
    textContent: 'Stop',
    hidden: true,
  });
  private readonly close = create('button', {
    type: 'button',
    id: 'close-model',
    textContent: 'Open another',
  });
  private isEnabled = false;
  private opened: OpenedModel | undefined;

  /**
   * @param ask has the worker open or close a model.
   * @param onFault takes the reason why what was dropped cannot be read.
   */
  constructor(
    private readonly connection: Connection,
    private readonly ask: (request: ModelRequest) => void,
    onFault: (reason: string) => void,
  ) {
    this.zone = new DropZone({
      id: 'model',
      text: 'Drop the folder of a Hugging Face model here, or a run that was downloaded here; or a zip of one.',
      onFolder: (name, files) => this.ask({ kind: 'openModel', name, files }),
      onArchive: (archive) => this.ask({ kind: 'openModelArchive', archive }),
      onFault,
    });
    this.fill();
    this.listen();
    this.show();
  }

  /** The model that is open. */
  get model(): OpenedModel | undefined {
    return this.opened;
  }

  /** Enables opening, which nothing that trains or opens allows. */
  enable(isEnabled: boolean): void {
    this.isEnabled = isEnabled;
    this.show();
  }

  private fill(): void {
    const pretrained = create('button', {
      type: 'button',
      id: 'open-pretrained',
      textContent: 'Take the run pretrained here',
    });
    pretrained.addEventListener('click', () => this.ask({ kind: 'openPretrained' }));
    const fetch = create('button', { type: 'submit', textContent: 'Fetch' });
    const form = create(
      'form',
      { className: 'hub', id: 'hub-form' },
      create('label', {}, 'From the Hugging Face hub', this.hub),
      fetch,
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const id = this.hub.value.trim();
      if (id !== '') this.ask({ kind: 'fetchModel', id });
    });
    this.ways.append(this.zone.element, pretrained, form);
    this.element.append(this.about, this.ways, this.cancel, this.close);
  }

  private listen(): void {
    const { connection } = this;
    this.cancel.addEventListener('click', () => connection.send({ kind: 'cancelFetch' }));
    this.close.addEventListener('click', () => {
      if (confirm('Remove this model, and what was fine-tuned of it, from the browser?')) {
        this.ask({ kind: 'closeModel' });
      }
    });
    connection.listen({
      openingModel: ({ what }) => {
        this.about.textContent = what;
        this.ways.hidden = true;
        this.close.hidden = true;
        this.cancel.hidden = !what.startsWith('Fetching') && !what.startsWith('Asking');
      },
      model: ({ model }) => {
        this.opened = model;
        this.show();
      },
    });
  }

  private show(): void {
    const { opened } = this;
    this.cancel.hidden = true;
    this.ways.hidden = opened !== undefined;
    this.close.hidden = opened === undefined;
    this.close.disabled = !this.isEnabled;
    enableControls(this.ways, this.isEnabled);
    if (!opened) {
      this.about.textContent = 'Everything stays in this browser. Nothing is uploaded.';
      return;
    }
    const { name, family, parameters, contextLength, hasTemplate } = opened;
    this.about.replaceChildren(
      create('b', { textContent: name }),
      create('br'),
      `${family}, ${formatCount(parameters)} parameters, reads ${formatCount(contextLength)} tokens; `,
      hasTemplate ? 'has a chat template.' : 'has no chat template.',
    );
  }
}
