import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pageOf } from './page.js';

/** The version of the form of report.json. */
export const FORMAT = 1;

/** A report that is written again after every step, so that an end at any time leaves what was measured. */
export class Report {
  /**
   * @param {string} folder
   * @param {object} about
   */
  constructor(folder, about) {
    this.folder = resolve(folder);
    this.data = { format: FORMAT, began: new Date().toISOString(), ...about, missing: [], parts: [] };
    mkdirSync(this.folder, { recursive: true });
    this.save();
  }

  set(values) {
    Object.assign(this.data, values);
    this.save();
  }

  /** Adds the entry of a part, which may be changed until the next save. */
  add(entry) {
    this.data.parts.push(entry);
    this.save();
    return entry;
  }

  save() {
    this.#write('report.json', `${JSON.stringify(this.data, null, 2)}\n`);
    this.#write('report.md', pageOf(this.data));
  }

  end(seconds) {
    for (const part of this.data.parts) if (part.state === 'running') part.state = 'cut';
    this.set({ seconds });
  }

  hasFailures() {
    return this.data.parts.some(({ state }) => state === 'failed');
  }

  summary() {
    const states = this.data.parts.map(({ state }) => state);
    const count = (wanted) => states.filter((state) => state === wanted).length;
    const counts = ['done', 'failed', 'cut', 'not run'].map((state) => `${count(state)} ${state}`);
    return `${states.length === 0 ? 'Nothing was run' : counts.join(', ')}. Report: ${join(this.folder, 'report.md')}`;
  }

  /** In one move, so that no end at a bad time leaves half a file. */
  #write(name, text) {
    const path = join(this.folder, name);
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
  }
}
