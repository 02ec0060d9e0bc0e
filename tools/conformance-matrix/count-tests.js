/** A runner of tests that counts them, and names those that fail. */
export class CountingRunner {
  passed = 0;
  skipped = [];
  failed = [];
  #root = { name: '', entries: [], beforeAll: [], afterAll: [] };
  #current = this.#root;

  constructor() {
    this.test = Object.assign((name, body) => void this.#current.entries.push({ name, body }), {
      skip: (name) => void this.#current.entries.push({ name }),
    });
  }

  describe = (name, body) => {
    const outer = this.#current;
    this.#current = { name, entries: [], beforeAll: [], afterAll: [] };
    outer.entries.push(this.#current);
    body();
    this.#current = outer;
  };

  beforeAll = (body) => void this.#current.beforeAll.push(body);
  afterAll = (body) => void this.#current.afterAll.push(body);

  /** Runs what was registered, one after the other. */
  run = () => this.#runSuite(this.#root, '');

  async #runSuite(suite, path) {
    const pathOf = (name) => [path, name].filter(Boolean).join(' › ');
    for (const hook of suite.beforeAll) await this.#attempt(pathOf('beforeAll'), hook);
    for (const entry of suite.entries) {
      if (entry.entries) await this.#runSuite(entry, pathOf(entry.name));
      else if (!entry.body) this.skipped.push(pathOf(entry.name));
      else if (await this.#attempt(pathOf(entry.name), entry.body)) this.passed++;
    }
    for (const hook of suite.afterAll) await this.#attempt(pathOf('afterAll'), hook);
  }

  async #attempt(name, body) {
    try {
      await body();
      return true;
    } catch (error) {
      this.failed.push({
        name,
        message: String(error?.message ?? error)
          .split('\n', 3)
          .join(' '),
      });
      return false;
    }
  }
}
