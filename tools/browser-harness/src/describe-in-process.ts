import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { RecordedId, RecordedSuite, TestRunner } from '@attune/backend-testkit';
import { mirror, type RemoteRunner } from './mirror.js';
import type { RemoteResult } from './protocol.js';
import { whenFileEnds } from './when-file-ends.js';

/** Tests in a process of their own, and the runner that reports them. */
export interface DescribeInProcessOptions {
  readonly name: string;
  /** A TypeScript module that calls `serveTests`. It runs from source. */
  readonly module: URL;
  readonly runner: TestRunner;
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** For Node itself. */
  readonly execArgv?: readonly string[];
  /** How long a test, or a hook, may take that names no limit of its own. */
  readonly timeoutMs?: number;
}

const hooks = new URL('../register-typescript.js', import.meta.url).href;

/** A process that serves tests, by numbered calls. */
class TestProcess implements RemoteRunner {
  private readonly calls: ((result: RemoteResult<unknown>) => void)[] = [];
  private output = '';
  private readonly ended: Promise<void>;

  constructor(private readonly child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.output = (this.output + String(chunk)).slice(-4000)));
    }
    child.on('message', ({ call, result }: { call: number; result: RemoteResult<unknown> }) =>
      this.calls[call]!(result),
    );
    this.ended = new Promise((resolve) => child.once('close', () => resolve()));
    void this.ended.then(() => {
      const error = { message: `The process has ended (${child.exitCode ?? child.signalCode}).` };
      this.calls.forEach((settle) => settle({ error }));
    });
  }

  suite(): Promise<RecordedSuite> {
    return this.call<RecordedSuite>();
  }

  async run(id: RecordedId): Promise<void> {
    await this.call(id);
  }

  async close(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  private async call<T>(id?: RecordedId): Promise<T> {
    const result = await new Promise<RemoteResult<unknown>>((resolve) => {
      const call = this.calls.push(resolve) - 1;
      if (this.child.connected) this.child.send({ call, id });
      else resolve({ error: { message: 'The process has ended.' } });
    });
    if ('value' in result) return result.value as T;
    const error = new Error([result.error.message, this.output].filter(Boolean).join('\n'));
    if (result.error.stack !== undefined) error.stack = `${error.message}\n${result.error.stack}`;
    throw error;
  }
}

/**
 * Runs a module's tests in a Node process of their own, each as a test: what patches globals, or needs another
 * environment, stays away from the others. To be awaited where tests are registered.
 */
export async function describeInProcess(options: DescribeInProcessOptions): Promise<void> {
  const { name, module, runner, env = {}, execArgv = [], timeoutMs = 60_000 } = options;
  const child = fork(fileURLToPath(module), {
    // Jest's own flags are not for it.
    env: { ...process.env, NODE_OPTIONS: '', ...env },
    execArgv: ['--disable-warning=ExperimentalWarning', '--import', hooks, ...execArgv],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const remote = new TestProcess(child);
  let suite: RecordedSuite;
  try {
    suite = await remote.suite();
  } catch (error) {
    await remote.close();
    throw error;
  }
  runner.describe(name, () => mirror(suite, remote, runner, timeoutMs));
  whenFileEnds(runner, () => remote.close());
}
