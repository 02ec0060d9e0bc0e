import type { BackendChoice, BackendName, SavedRun } from '../../protocol.js';
import type { SettingField, Settings, SizeChoice } from '../../settings/pretrain-settings.js';
import { BackendPicker } from '../parts/backend-picker.js';
import { byId, create } from '../parts/elements.js';

/** A text is held whole, with its tokens, while it is prepared: larger ones are for the command line. */
const MAX_TEXT_MIB = 256;

/** Calls of the form to the page around it. */
export interface SetupFormEvents {
  /** A file was refused, for this reason. */
  refuse(message: string): void;
  /** A zip of a run was dropped. */
  openArchive(file: File): void;
}

/** The left side: which text, which model, on which backend. */
export class SetupForm {
  private readonly backends = new BackendPicker(byId('backends'), 'backend');
  private file: File | undefined;
  private fields: readonly SettingField[] = [];
  private sizes: readonly SizeChoice[] = [];

  constructor(private readonly events: SetupFormEvents) {
    // A size whose details were changed is not that size any more.
    byId('fields').addEventListener('input', () => this.markSize(this.settings));
    this.listenForFiles();
  }

  /** Shows the settings of a run, and the sizes to choose from: the first is chosen. */
  ask(fields: readonly SettingField[], sizes: readonly SizeChoice[]): void {
    this.fields = fields;
    this.sizes = sizes;
    const buttons = sizes.map(({ name, about, settings }) => {
      const input = create('input', { type: 'radio', name: 'size', value: name });
      input.addEventListener('change', () => this.fill(settings));
      return create(
        'label',
        { className: 'choice' },
        input,
        create('span', {}, create('b', { textContent: name }), create('small', { textContent: about })),
      );
    });
    byId('sizes').replaceChildren(...buttons);
    const labels = fields.map(({ key, label, description, min = '', max = '', isWhole }) =>
      create(
        'label',
        { title: description },
        label,
        create('input', {
          type: 'number',
          id: `field-${key}`,
          min: String(min),
          max: String(max),
          step: isWhole ? '1' : 'any',
          required: true,
        }),
      ),
    );
    byId('fields').replaceChildren(...labels);
    const { settings } = sizes[0]!;
    this.fill(settings);
    this.markSize(settings);
  }

  /** The text to learn from; `undefined` for the embedded stories. */
  get text(): File | undefined {
    return this.checked('text') === 'own' ? this.file : undefined;
  }

  /** True if the form has all that a run needs. */
  check(): boolean {
    if (this.checked('text') === 'own' && !this.file) {
      byId<HTMLInputElement>('file').click();
      return false;
    }
    return byId<HTMLFormElement>('setup').reportValidity();
  }

  get settings(): Settings {
    const entries = this.fields.map(({ key }) => [key, byId<HTMLInputElement>(`field-${key}`).valueAsNumber]);
    return Object.fromEntries(entries) as unknown as Settings;
  }

  get backend(): BackendName {
    return this.backends.value!;
  }

  /** Enables the choice of text and model, and that of the backend, which may be changed whenever nothing runs. */
  enable(settings: boolean, backend: boolean): void {
    byId<HTMLFieldSetElement>('settings').disabled = !settings;
    this.backends.enable(backend);
  }

  /** Shows what a run is that was begun before. */
  show({ settings, textName }: SavedRun): void {
    this.fill(settings);
    this.markSize(settings);
    this.choose('text', textName === undefined ? 'stories' : 'own');
    if (textName !== undefined) byId('file-name').textContent = textName;
  }

  showBackends(choices: readonly BackendChoice[]): void {
    this.backends.show(choices);
  }

  private fill(settings: Settings): void {
    for (const { key } of this.fields) byId<HTMLInputElement>(`field-${key}`).value = String(settings[key]);
  }

  /** Marks the size that has these settings, if there is one. */
  private markSize(settings: Settings): void {
    for (const { name, settings: own } of this.sizes) {
      const input = document.querySelector<HTMLInputElement>(`input[name=size][value=${name}]`)!;
      input.checked = this.fields.every(({ key }) => own[key] === settings[key]);
    }
  }

  private checked(name: string): string | undefined {
    return document.querySelector<HTMLInputElement>(`input[name=${name}]:checked`)?.value;
  }

  private choose(name: string, value: string): void {
    const input = document.querySelector<HTMLInputElement>(`input[name=${name}][value=${value}]`);
    if (input) input.checked = true;
  }

  private take(file: File | undefined): void {
    if (!file || byId<HTMLFieldSetElement>('settings').disabled) return;
    if (file.size > MAX_TEXT_MIB * 2 ** 20) {
      this.events.refuse(
        `${file.name} has ${Math.ceil(file.size / 2 ** 20)} MiB, and the page takes ${MAX_TEXT_MIB} MiB at most. ` +
          'Prepare it with attune prepare and train on the command line, or choose a part of it.',
      );
      return;
    }
    this.file = file;
    byId('file-name').textContent = file.name;
    this.choose('text', 'own');
  }

  private listenForFiles(): void {
    const input = byId<HTMLInputElement>('file');
    input.addEventListener('change', () => this.take(input.files?.[0]));
    const zone = byId('own-text');
    const mark = (isOver: boolean) => zone.classList.toggle('dropping', isOver);
    // Anywhere on the page: a browser opens what is dropped beside a zone in place of the page.
    document.addEventListener('dragover', (event) => {
      event.preventDefault();
      mark(this.isShown && !byId<HTMLFieldSetElement>('settings').disabled);
    });
    document.addEventListener('dragleave', ({ relatedTarget }) => {
      if (relatedTarget === null) mark(false);
    });
    document.addEventListener('drop', (event) => {
      event.preventDefault();
      mark(false);
      if (event.dataTransfer && this.isShown) this.drop(event.dataTransfer);
    });
  }

  private drop({ files: [file], items: [item] }: DataTransfer): void {
    if (!file) return;
    if (item?.webkitGetAsEntry()?.isDirectory) {
      this.events.refuse(`${file.name} is a folder. Drop a text file, or the zip of a run.`);
    } else if (byId<HTMLFieldSetElement>('settings').disabled) {
      this.events.refuse(
        `${file.name} was not opened: a run is here. Press “New run” first, which removes it.`,
      );
    } else if (/\.zip$/i.test(file.name)) {
      this.events.openArchive(file);
    } else {
      this.take(file);
    }
  }

  private get isShown(): boolean {
    return !byId('pretrain').hidden;
  }
}
