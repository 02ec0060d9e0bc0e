import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HubEvent } from '../http/events.js';
import { resolveModel, type ResolvedModel, type ResolveModelOptions } from '../resolve-model.js';
import { MockHub, type MockRepository } from './mock-hub.js';

export const COMMIT = '0123456789abcdef0123456789abcdef01234567';
export const WEIGHTS = Uint8Array.from({ length: 100_000 }, (_, i) => (i * i) % 251);

/** A model as many are: weights, tokenizer, and much that is not needed. */
export function tinyModel(overrides: Partial<MockRepository> = {}): MockRepository {
  return {
    commit: COMMIT,
    files: {
      '.gitattributes': '*.safetensors filter=lfs\n',
      'README.md': '# tiny\n',
      'config.json': '{"model_type":"gpt2"}\n',
      'generation_config.json': '{}\n',
      'tokenizer.json': '{"model":{}}\n',
      'tokenizer_config.json': '{"eos_token":"<|end|>"}\n',
      'chat_template.jinja': '{{ messages }}',
      'model.safetensors': WEIGHTS,
      'pytorch_model.bin': Uint8Array.of(0x80, 2),
      'onnx/model.onnx': 'x',
    },
    ...overrides,
  };
}

/** Those of its files that are fetched. */
export const NEEDED = [
  'chat_template.jinja',
  'config.json',
  'generation_config.json',
  'model.safetensors',
  'tokenizer.json',
  'tokenizer_config.json',
];

/** A mock hub with `org/tiny` on it, an empty cache, and a way to ask for a model. */
export interface Scene {
  readonly hub: MockHub;
  readonly cacheDir: string;
  readonly folder: string;
  readonly events: HubEvent[];
  resolve(options?: ResolveModelOptions, id?: string): Promise<ResolvedModel>;
  /** The names in a folder of the model's cache. */
  list(folder: string): Promise<string[]>;
  /** Resolves when so many bytes of a file that is being fetched are on the disk, or when the scene ends. */
  untilOnDisk(bytes: number): Promise<void>;
  end(): Promise<void>;
}

export async function createScene(repository = tinyModel()): Promise<Scene> {
  const hub = await MockHub.start();
  hub.repositories.set('org/tiny', repository);
  const cacheDir = await mkdtemp(join(tmpdir(), 'attune-hub-'));
  const folder = join(cacheDir, 'models--org--tiny');
  const events: HubEvent[] = [];
  let isOver = false;
  const list = async (name: string) => (await readdir(join(folder, name)).catch(() => [])).sort();
  const bytesOnDisk = async () => {
    const [name] = (await list('blobs')).filter((file) => file.endsWith('.incomplete'));
    const file = name && (await stat(join(folder, 'blobs', name)).catch(() => undefined));
    return file ? file.size : 0;
  };
  return {
    hub,
    cacheDir,
    folder,
    events,
    resolve: (options = {}, id = 'org/tiny') =>
      resolveModel(id, {
        env: {},
        endpoint: hub.endpoint,
        cacheDir,
        token: false,
        onEvent: (event) => events.push(event),
        retry: { attempts: 3, delayMs: 1 },
        ...options,
      }),
    list,
    untilOnDisk: async (bytes) => {
      while (!isOver && (await bytesOnDisk()) < bytes) await sleep(5);
    },
    end: async () => {
      isOver = true;
      await hub.close();
      await rm(cacheDir, { recursive: true, force: true });
    },
  };
}
