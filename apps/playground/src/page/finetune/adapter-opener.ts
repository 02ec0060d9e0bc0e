import type { FinetuneRequest, OpenedAdapter } from '../../messages/finetune.js';
import { DropZone } from '../models/drop-zone.js';
import { create, enableControls } from '../parts/elements.js';

/** The part of the page where an adapter of the open model is opened, or a run that was downloaded. */
export class AdapterOpener {
  readonly element = create('div', { className: 'opener', hidden: true });
  private readonly about = create('p', { id: 'adapter-about' });
  private readonly zone: DropZone;
  private readonly close = create('button', {
    type: 'button',
    id: 'close-adapter',
    textContent: 'Remove the adapter',
  });

  /**
   * @param ask has the worker open or remove one.
   * @param onFault takes the reason why what was dropped cannot be read.
   */
  constructor(ask: (request: FinetuneRequest) => void, onFault: (reason: string) => void) {
    this.zone = new DropZone({
      id: 'adapter',
      text: 'Drop the folder of an adapter of this model here, or a run that was downloaded here; or a zip of one.',
      onFolder: (name, files) => ask({ kind: 'openTuned', name, files }),
      onArchive: (archive) => ask({ kind: 'openTunedArchive', archive }),
      onFault,
    });
    this.close.addEventListener('click', () => ask({ kind: 'closeAdapter' }));
    this.element.append(this.about, this.zone.element, this.close);
  }

  /** Shows the adapter that is open. */
  show(adapter: OpenedAdapter | undefined): void {
    this.zone.element.hidden = adapter !== undefined;
    this.close.hidden = adapter === undefined;
    this.about.hidden = adapter === undefined;
    if (!adapter) return;
    const { name, rank, otherBase } = adapter;
    this.about.replaceChildren(
      'with the adapter ',
      create('b', { textContent: name }),
      ` of rank ${rank}, which fine-tuning trains further.`,
      otherBase === undefined ? '' : ` It says that it was trained on ${otherBase}.`,
    );
  }

  /** Enables opening, which is there while a model is open and nothing was fine-tuned of it. */
  enable(isEnabled: boolean): void {
    this.element.hidden = !isEnabled;
    enableControls(this.element, isEnabled);
  }
}
