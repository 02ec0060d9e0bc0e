import type { TuneField, TuneSettings } from '../../settings/tune-settings.js';
import { create } from '../parts/elements.js';

/** The settings of fine-tuning. */
export class TuneForm {
  readonly element = create('form', { id: 'tune-setup' });
  private readonly fieldset = create('fieldset', { className: 'grid' });
  private inputs = new Map<string, HTMLInputElement | HTMLSelectElement>();

  constructor() {
    this.element.setAttribute('aria-label', 'Settings of fine-tuning');
    this.element.append(this.fieldset);
    this.element.addEventListener('submit', (event) => event.preventDefault());
  }

  /** Shows fields, and what to begin with. */
  ask(fields: readonly TuneField[], settings: TuneSettings): void {
    this.inputs = new Map(fields.map((field) => [field.key, inputOf(field)]));
    this.fieldset.replaceChildren(
      ...fields.map(({ key, label, description }) =>
        create('label', { title: description }, label, this.inputs.get(key)!),
      ),
    );
    this.fill(settings);
  }

  fill(settings: TuneSettings): void {
    for (const [key, input] of this.inputs) input.value = String(settings[key as keyof TuneSettings]);
  }

  /** True if all is filled in as it has to be; what is not is shown. */
  check(): boolean {
    return this.element.reportValidity();
  }

  get settings(): TuneSettings {
    const entries = [...this.inputs].map(([key, input]) => [
      key,
      input instanceof HTMLInputElement ? input.valueAsNumber : input.value,
    ]);
    return Object.fromEntries(entries) as unknown as TuneSettings;
  }

  /** Leaves out rank and layers, where those of an adapter count that is trained further. */
  fixLora(isFixed: boolean): void {
    for (const key of ['loraRank', 'targetModules']) {
      const input = this.inputs.get(key);
      if (input) input.disabled = isFixed;
    }
  }

  enable(isEnabled: boolean): void {
    this.fieldset.disabled = !isEnabled;
  }
}

function inputOf({ key, values, min, max, isWhole }: TuneField): HTMLInputElement | HTMLSelectElement {
  const id = `tune-${key}`;
  if (values) {
    const select = create('select', { id });
    select.append(...values.map((value) => create('option', { value, textContent: value })));
    return select;
  }
  return create('input', {
    ...{ type: 'number', id, required: true, step: isWhole ? '1' : 'any' },
    ...(min !== undefined && { min: String(min) }),
    ...(max !== undefined && { max: String(max) }),
  });
}
