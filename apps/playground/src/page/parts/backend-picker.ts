import type { BackendChoice, BackendName } from '../../protocol.js';
import { create } from './elements.js';

const titles: Readonly<Record<BackendName, string>> = { webgpu: 'WebGPU', wasm: 'WebAssembly' };

/** Radio buttons for the backends, with the device of each, or the reason why it cannot be used. */
export class BackendPicker {
  private inputs: readonly HTMLInputElement[] = [];

  /** @param group the name of the radio buttons, of which each picker of the page needs its own. */
  constructor(
    private readonly container: HTMLElement,
    private readonly group: string,
  ) {}

  /** The backend that is chosen. Undefined only before {@link BackendPicker.show}, or if none can run. */
  get value(): BackendName | undefined {
    return this.inputs.find(({ checked }) => checked)?.value as BackendName | undefined;
  }

  /** Enables the choice among those that can run. */
  enable(isEnabled: boolean): void {
    for (const input of this.inputs) input.disabled = !isEnabled || input.dataset['available'] === undefined;
  }

  /** Shows the backends, of which the best that can run is chosen. */
  show(choices: readonly BackendChoice[]): void {
    // A software adapter is slower than WebAssembly.
    const best =
      choices.find(({ available, software }) => available && !software) ??
      choices.find(({ available }) => available);
    const inputs: HTMLInputElement[] = [];
    const labels = choices.map((choice) => {
      const { name, available, description, software } = choice;
      const input = create('input', {
        type: 'radio',
        name: this.group,
        value: name,
        disabled: !available,
        checked: choice === best,
      });
      inputs.push(input);
      if (available) input.dataset['available'] = '';
      const title = create('b', { textContent: titles[name] });
      if (software) title.append(create('em', { textContent: 'software adapter' }));
      if (!available) title.append(create('em', { textContent: 'not here' }));
      return create(
        'label',
        { className: 'choice' },
        input,
        create('span', {}, title, create('small', { textContent: description })),
      );
    });
    this.inputs = inputs;
    this.container.replaceChildren(...labels);
  }
}
