import type { OpenedModel, PickedFile } from '../../messages/models.js';
import type { Connection } from '../parts/connection.js';
import { create } from '../parts/elements.js';
import { formatCount } from '../parts/format.js';
import { chosenFiles, droppedFiles } from './picked-files.js';

const isArchive = (file: File) => /\.zip$/i.test(file.name) || file.type === 'application/zip';

/** The part of the page where a model is opened: a folder, an archive, the run of this page, or one of the hub. */
export class ModelOpener {
  readonly element = create('div', { className: 'opener' });
  private readonly about = create('p', { id: 'model-about' });
  private readonly ways = create('div', { className: 'ways' });
  private readonly folder = create('input', { type: 'file', id: 'model-folder', multiple: true });
  private readonly archive = create('input', { type: 'file', id: 'model-archive', accept: '.zip' });
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

  constructor(private readonly connection: Connection) {
    this.folder.webkitdirectory = true;
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
    const drop = create(
      'div',
      { className: 'drop', id: 'model-drop' },
      create('p', { textContent: 'Drop the folder of a Hugging Face model here, or a zip of one.' }),
      create(
        'div',
        { className: 'bar' },
        chooser('Choose a folder', this.folder),
        chooser('Choose a zip', this.archive),
      ),
    );
    const pretrained = create('button', {
      type: 'button',
      id: 'open-pretrained',
      textContent: 'Take the run pretrained here',
    });
    pretrained.addEventListener('click', () => this.connection.send({ kind: 'openPretrained' }));
    const fetch = create('button', { type: 'submit', textContent: 'Fetch' });
    const form = create(
      'form',
      { className: 'hub', id: 'hub-form' },
      create('label', {}, 'From the Hugging Face hub', this.hub),
      fetch,
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      if (this.hub.value.trim() !== '')
        this.connection.send({ kind: 'fetchModel', id: this.hub.value.trim() });
    });
    this.ways.append(drop, pretrained, form);
    this.element.append(this.about, this.ways, this.cancel, this.close);
    this.takeDrops(drop);
  }

  private listen(): void {
    const { connection, folder, archive } = this;
    folder.addEventListener('change', () => {
      if (folder.files && folder.files.length > 0) this.open(chosenFiles(folder.files));
      // So that the same folder may be chosen again.
      folder.value = '';
    });
    archive.addEventListener('change', () => {
      const [file] = archive.files ?? [];
      if (file) connection.send({ kind: 'openModelArchive', archive: file });
      archive.value = '';
    });
    this.cancel.addEventListener('click', () => connection.send({ kind: 'cancelFetch' }));
    this.close.addEventListener('click', () => {
      if (confirm('Remove this model, and what was fine-tuned of it, from the browser?')) {
        connection.send({ kind: 'closeModel' });
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

  private takeDrops(drop: HTMLElement): void {
    const mark = (isOver: boolean) => drop.classList.toggle('over', isOver);
    drop.addEventListener('dragover', (event) => {
      event.preventDefault();
      mark(this.isEnabled);
    });
    drop.addEventListener('dragleave', () => mark(false));
    drop.addEventListener('drop', (event) => {
      event.preventDefault();
      event.stopPropagation();
      mark(false);
      if (!this.isEnabled || !event.dataTransfer) return;
      const [file] = event.dataTransfer.files;
      if (event.dataTransfer.files.length === 1 && file && isArchive(file)) {
        this.connection.send({ kind: 'openModelArchive', archive: file });
      } else {
        void droppedFiles(event.dataTransfer).then((files) => this.open(files));
      }
    });
  }

  private open(files: readonly PickedFile[]): void {
    const [first] = files;
    if (!first) return;
    const [top = 'the files'] = first.path.split('/');
    this.connection.send({ kind: 'openModel', name: first.path.includes('/') ? top : 'the files', files });
  }

  private show(): void {
    const { opened } = this;
    this.cancel.hidden = true;
    this.ways.hidden = opened !== undefined;
    this.close.hidden = opened === undefined;
    this.close.disabled = !this.isEnabled;
    for (const control of this.ways.querySelectorAll<HTMLInputElement | HTMLButtonElement>('input, button')) {
      control.disabled = !this.isEnabled;
    }
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

/** A button-like label over the input of a file. */
function chooser(text: string, input: HTMLInputElement): HTMLElement {
  return create('label', { className: 'chooser' }, text, input);
}
