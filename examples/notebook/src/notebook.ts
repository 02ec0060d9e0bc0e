import type { Cell, Output } from './cell.ts';
import { drawPlot } from './plot.ts';

/** A cell as the notebook has it: whatever it takes and returns is one record of values. */
export interface NotebookCell {
  readonly title: string;
  readonly source: string;
  readonly run: Cell<never, object>;
}

function element(name: string, className: string, text = ''): HTMLElement {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

/** The output of one run of a cell, in its place on the page. */
function outputIn(place: HTMLElement): Output {
  const text = element('pre', 'text');
  const plots = element('div', 'plot');
  place.replaceChildren(text, plots);
  return {
    print: (line) => text.append(`${line}\n`),
    plot: (curves) => plots.replaceChildren(drawPlot(curves)),
  };
}

/** Cells with their code and output. Running one runs those before it first, unless they have run. */
export class Notebook {
  private readonly values: Record<string, unknown> = {};
  private readonly sections: HTMLElement[] = [];
  private done = 0;

  constructor(
    place: Element,
    private readonly cells: readonly NotebookCell[],
  ) {
    cells.forEach(({ title, source }, i) => {
      const section = element('section', 'cell');
      const button = element('button', 'run', 'Run');
      button.addEventListener('click', () => void this.run(i));
      section.append(element('h2', 'title', `${i + 1}. ${title}`), element('pre', 'code', source));
      section.append(button, element('div', 'output'));
      place.append(section);
      this.sections.push(section);
    });
  }

  /** Runs a cell, and what has to run before it. Resolves to false if one fails, which its output shows. */
  async run(index: number): Promise<boolean> {
    for (let i = Math.min(this.done, index); i <= index; i++) {
      if (!(await this.runOne(i))) return false;
    }
    return true;
  }

  /** Runs the cells that have not run, or all of them again. */
  async runAll(): Promise<boolean> {
    if (this.done === this.cells.length) this.done = 0;
    return this.run(this.cells.length - 1);
  }

  private async runOne(index: number): Promise<boolean> {
    const [cell, section] = [this.cells[index], this.sections[index]];
    if (!cell || !section) return false;
    const output = outputIn(section.querySelector<HTMLElement>('.output') ?? section);
    section.dataset['state'] = 'running';
    this.done = index;
    try {
      Object.assign(this.values, await cell.run(output, this.values as never));
      section.dataset['state'] = 'done';
      this.done = index + 1;
      return true;
    } catch (error) {
      output.print(String(error));
      section.dataset['state'] = 'failed';
      return false;
    }
  }
}
