import type { PickedFile } from '../../messages/models.js';
import { create } from '../parts/elements.js';
import { chosenFiles, droppedFiles } from './picked-files.js';

const isArchive = (file: File) => /\.zip$/i.test(file.name) || file.type === 'application/zip';

/** The words of a drop zone, and what it does with what it is given. */
export interface DropZoneOptions {
  /** The beginning of the ids of its controls. */
  readonly id: string;
  readonly text: string;
  /** Takes the files of a folder, by the name of that. */
  onFolder(name: string, files: readonly PickedFile[]): void;
  onArchive(archive: File): void;
  /** Takes the reason why what was dropped cannot be read. */
  onFault(reason: string): void;
}

/** A part of the page that a folder, or a zip of one, is dropped on or chosen with. */
export class DropZone {
  readonly element: HTMLElement;
  private readonly folder = create('input', { type: 'file', multiple: true, webkitdirectory: true });
  private readonly archive = create('input', { type: 'file', accept: '.zip' });

  constructor(private readonly options: DropZoneOptions) {
    const { id, text } = options;
    this.folder.id = `${id}-folder`;
    this.archive.id = `${id}-archive`;
    this.element = create(
      'div',
      { className: 'drop', id: `${id}-drop` },
      create('p', { textContent: text }),
      create(
        'div',
        { className: 'bar' },
        chooser('Choose a folder', this.folder),
        chooser('Choose a zip', this.archive),
      ),
    );
    this.listen();
  }

  private listen(): void {
    const { element, folder, archive } = this;
    folder.addEventListener('change', () => {
      if (folder.files && folder.files.length > 0) this.open(chosenFiles(folder.files));
      // So that the same folder may be chosen again.
      folder.value = '';
    });
    archive.addEventListener('change', () => {
      const [file] = archive.files ?? [];
      if (file) this.options.onArchive(file);
      archive.value = '';
    });
    const mark = (isOver: boolean) => element.classList.toggle('over', isOver);
    element.addEventListener('dragover', (event) => {
      event.preventDefault();
      mark(!this.folder.disabled);
    });
    element.addEventListener('dragleave', () => mark(false));
    element.addEventListener('drop', (event) => {
      event.preventDefault();
      event.stopPropagation();
      mark(false);
      if (!this.folder.disabled && event.dataTransfer) void this.drop(event.dataTransfer);
    });
  }

  private async drop(dropped: DataTransfer): Promise<void> {
    const [file] = dropped.files;
    if (dropped.files.length === 1 && file && isArchive(file)) {
      this.options.onArchive(file);
      return;
    }
    try {
      this.open(await droppedFiles(dropped));
    } catch (error) {
      this.options.onFault(`What was dropped cannot be read: ${(error as Error).message}`);
    }
  }

  private open(files: readonly PickedFile[]): void {
    const [first] = files;
    if (!first) {
      this.options.onFault('What was dropped has no files in it.');
      return;
    }
    const [top = 'the files'] = first.path.split('/');
    this.options.onFolder(first.path.includes('/') ? top : 'the files', files);
  }
}

/** A button-like label over the input of a file. */
function chooser(text: string, input: HTMLInputElement): HTMLElement {
  return create('label', { className: 'chooser' }, text, input);
}
