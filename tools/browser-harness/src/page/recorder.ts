import type { TestFunction, TestRunner } from '@attune/backend-testkit';
import type { RemoteId, RemoteSuite } from '../protocol.js';

/** A test runner that runs nothing: it writes down what is registered, for the one outside of the page to run. */
export class Recorder implements TestRunner {
  private readonly bodies: (() => Promise<void>)[] = [];
  readonly root: RemoteSuite = { kind: 'suite', name: '', entries: [], beforeAll: [], afterAll: [] };
  private current = this.root;
  readonly test: TestFunction;

  constructor() {
    const register = (name: string, body: () => Promise<void>, skip: boolean, timeoutMs?: number) => {
      const timeout = timeoutMs !== undefined && { timeoutMs };
      this.current.entries.push({ kind: 'test', name, id: this.add(body), skip, ...timeout });
    };
    this.test = Object.assign(
      (name: string, body: () => Promise<void>, timeoutMs?: number) => register(name, body, false, timeoutMs),
      { skip: (name: string, body: () => Promise<void>) => register(name, body, true) },
    );
  }

  // Arrow functions, so that a kit may take them out of the object.
  readonly describe = (name: string, body: () => void): void => {
    const outer = this.current;
    const suite: RemoteSuite = { kind: 'suite', name, entries: [], beforeAll: [], afterAll: [] };
    outer.entries.push(suite);
    this.current = suite;
    try {
      body();
    } finally {
      this.current = outer;
    }
  };

  readonly beforeAll = (body: () => Promise<void>): void => void this.current.beforeAll.push(this.add(body));
  readonly afterAll = (body: () => Promise<void>): void => void this.current.afterAll.push(this.add(body));

  async run(id: RemoteId): Promise<void> {
    await this.bodies[id]!();
  }

  private add(body: () => Promise<void>): RemoteId {
    return this.bodies.push(body) - 1;
  }
}
