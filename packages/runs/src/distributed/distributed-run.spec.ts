import { backend as reference } from '@attune/backend-reference';
import { AttuneError, localCommunicators, type Backend, type Communicator } from '@attune/core';
import { prepareText, writeTokenFolder } from '@attune/data';
import { readJson, readText, type WritableFolder } from '@attune/files';
import type { RunAudience } from '../loop/observer.js';
import { resume } from '../resume.js';
import { start } from '../start.js';
import { pretrain } from '../tasks/pretrain/pretrain.js';
import { memoryRunHost, stoppingAfter } from '../testing/memory-host.js';
import { verify } from '../verify.js';
import type { OtherRankFailed } from './other-rank-failed.js';
import { Ranks, type RankFailure } from './ranks.js';

const TEXT = 'the cat sat on the mat. the dog sat on the log. '.repeat(20);
const SETTINGS = {
  ...{ data: 'data', backend: 'reference', maxIters: 4, batchSize: 2, gradientAccumulationSteps: 2 },
  ...{ blockSize: 8, nLayer: 1, nHead: 1, nEmbd: 4, checkpointInterval: 2, evalInterval: 2, evalIters: 2 },
  ...{ sampleTokens: 4 },
};

let backend: Backend;
beforeAll(async () => void (backend = await reference.create({})));
afterAll(() => backend.dispose());

/** A disk of several ranks: each writes through a host of its own, which counts what it writes. */
async function machine(size: number) {
  const shared = memoryRunHost(backend);
  await writeTokenFolder(shared.folder('data'), await prepareText(TEXT, { tokenizer: 'char' }));
  const changes = Array.from({ length: size }, (): string[] => []);
  const hosts = localCommunicators(size).map((communicator, rank) => ({
    ...shared,
    folder: (path: string) => noting(shared.folder(path), changes[rank]!),
    ranks: new Ranks(communicator),
  }));
  return { shared, hosts, changes };
}

/** A folder that notes what changes something in it. */
function noting(folder: WritableFolder, changes: string[]): WritableFolder {
  return new Proxy(folder, {
    get(target, key: keyof WritableFolder) {
      if (key === 'folder') return (name: string) => noting(target.folder(name), changes);
      const value = target[key];
      if (typeof value !== 'function') return value;
      if (/^(write|make|remove|rename|lock|truncate|openLog|recover)/.test(key)) {
        return (...args: never[]) => {
          changes.push(key);
          return (value as (...args: never[]) => unknown).apply(target, args);
        };
      }
      return value.bind(target);
    },
  });
}

type Host = Awaited<ReturnType<typeof machine>>['hosts'][number];

/** Runs the same on all ranks. @returns how each of them ended. */
const together = (hosts: readonly Host[], work: (host: Host, rank: number) => Promise<void>) =>
  Promise.all(
    hosts.map((host, rank) =>
      work(host, rank).then(
        () => host.ranks.meet().then(() => undefined),
        (error) => host.ranks.settle(error, new Promise<never>(() => undefined)),
      ),
    ),
  );

const begin = (host: Host, given: object = {}, audience: RunAudience = stoppingAfter()) =>
  start(
    pretrain,
    { config: pretrain.config({ ...SETTINGS, ...given }), out: 'run', overwrite: false },
    host,
    audience,
  );

/** An audience that fails when it is shown a step. */
function failingAfter(step: number, message: string): RunAudience {
  const audience = stoppingAfter();
  return {
    ...audience,
    observer: {
      ...audience.observer,
      step({ record }) {
        if (record.step === step) throw new AttuneError('FILE_WRITE', message);
      },
    },
  };
}

const codeOf = (failure: RankFailure | undefined) =>
  failure && { scope: failure.scope, code: (failure.error as AttuneError | OtherRankFailed).code };

const lossesIn = async (folder: WritableFolder) =>
  (await readText(folder, 'metrics.jsonl'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { loss: number; valLoss?: number });

describe('a run of two ranks', () => {
  it('comes out as that of one process, and only rank 0 writes', async () => {
    const alone = await machine(1);
    await begin({ ...alone.hosts[0]!, ranks: undefined as never });
    const { shared, hosts, changes } = await machine(2);
    expect(await together(hosts, (host) => begin(host))).toEqual([undefined, undefined]);
    expect(changes[0]!.length).toBeGreaterThan(0);
    expect(changes[1]).toEqual([]);
    const [expected, found] = await Promise.all(
      [alone.shared, shared].map((host) => lossesIn(host.folder('run'))),
    );
    expect(found).toHaveLength(4);
    found!.forEach(({ loss, valLoss }, i) => {
      expect(loss).toBeCloseTo(expected![i]!.loss, 6);
      if (valLoss !== undefined) expect(valLoss).toBeCloseTo(expected![i]!.valLoss!, 6);
    });
    const { sessions } = (await readJson(shared.folder('run'), 'run.json')) as { sessions: object[] };
    expect(sessions).toMatchObject([{ ranks: 2 }]);
    const report = await verify(pretrain, { run: 'run', steps: 2 }, shared);
    expect(report).toMatchObject({ agrees: true, tolerance: 1e-5 });
  });

  it('ends after the same step where one of them is told to, and goes on with three', async () => {
    const { shared, hosts, changes } = await machine(2);
    /** The checkpoints that are there when a rank no longer listens for signals. */
    const written: Promise<readonly string[] | undefined>[] = [];
    const ends = await together(hosts, (host, rank) => {
      const { observer, listen } = stoppingAfter(rank === 1 ? 3 : undefined);
      const noting = () => {
        const dispose = () => void written.push(shared.folder('run/checkpoints').list());
        return Object.defineProperty(listen(), 'dispose', { value: dispose });
      };
      return begin(host, { maxIters: 6 }, { observer, listen: noting });
    });
    expect(ends.map(codeOf)).toEqual([
      { scope: 'all', code: 'INTERRUPTED' },
      { scope: 'all', code: 'INTERRUPTED' },
    ]);
    expect(changes[1]).toEqual([]);
    expect(await Promise.all(written)).toEqual(hosts.map(() => expect.arrayContaining(['step-3'])));
    const three = localCommunicators(3).map((communicator) => ({
      ...shared,
      ranks: new Ranks(communicator),
    }));
    const given = {};
    const going = (host: Host) => resume(pretrain, { run: 'run', given }, host, stoppingAfter());
    expect(await together(three, going)).toEqual([undefined, undefined, undefined]);
    expect(await lossesIn(shared.folder('run'))).toHaveLength(6);
    const { sessions } = (await readJson(shared.folder('run'), 'run.json')) as { sessions: object[] };
    expect(sessions).toMatchObject([{ ranks: 2 }, { ranks: 3, fromStep: 3 }]);
  });

  it('makes data of its own once', async () => {
    const { shared, hosts, changes } = await machine(2);
    const ends = await together(hosts, (host) => begin(host, { data: undefined, maxIters: 1 }));
    expect(ends).toEqual([undefined, undefined]);
    expect(changes[1]).toEqual([]);
    expect(await shared.folder('run').list()).toContain('data');
  });
});

describe('where ranks fail', () => {
  it('together, all know that all did', async () => {
    const { hosts } = await machine(2);
    await together(hosts, (host) => begin(host, { maxIters: 1 }));
    const again = localCommunicators(2).map((communicator, i) => ({
      ...hosts[i]!,
      ranks: new Ranks(communicator),
    }));
    const missing = await together(again, (host) => begin(host, { data: 'nowhere' }));
    expect(missing.map(codeOf)).toEqual([
      { scope: 'all', code: 'FILE_NOT_FOUND' },
      { scope: 'all', code: 'FILE_NOT_FOUND' },
    ]);
  });

  it('a folder that is taken is told by rank 0, which looked', async () => {
    const { shared, hosts } = await machine(2);
    await together(hosts, (host) => begin(host, { maxIters: 1 }));
    const again = localCommunicators(2).map((communicator) => ({
      ...shared,
      ranks: new Ranks(communicator),
    }));
    const taken = await together(again, (host) => begin(host));
    expect(taken.map(codeOf)).toEqual([
      { scope: 'own', code: 'INVALID_CONFIG' },
      { scope: 'other', code: 'INVALID_CONFIG' },
    ]);
  });

  it('the data of one is missing: it says so, and nobody waits', async () => {
    const { shared, hosts } = await machine(2);
    const ends = await together(hosts, (host, rank) => begin(host, rank === 1 ? { data: 'nowhere' } : {}));
    expect(ends.map(codeOf)).toEqual([
      { scope: 'other', code: 'FILE_NOT_FOUND' },
      { scope: 'own', code: 'FILE_NOT_FOUND' },
    ]);
    expect(ends.map((end) => end!.othersWait)).toEqual([false, false]);
    expect(await shared.folder('run').list()).toBeUndefined();
  });

  it('ranks that would train different models do not begin', async () => {
    const { shared, hosts } = await machine(2);
    const [one, other] = await together(hosts, (host, rank) => begin(host, { seed: rank }));
    expect(codeOf(one)).toEqual({ scope: 'other', code: 'RANKS_DISAGREE' });
    expect(String(other!.error)).toContain('--seed is 1, but 0 on rank 0');
    // Rank 0 heard of it before it made the folder, or emptied that of an earlier run.
    expect(await shared.folder('run').list()).toBeUndefined();
  });

  it('more ranks than rows are refused, and no folder is made', async () => {
    const { shared, hosts } = await machine(3);
    const ends = await together(hosts, (host) => begin(host, { batchSize: 2, gradientAccumulationSteps: 1 }));
    expect(ends.map(codeOf)).toEqual(hosts.map(() => ({ scope: 'all', code: 'INVALID_CONFIG' })));
    expect(String(ends[0]!.error)).toContain('A step has 2 rows');
    expect(await shared.folder('run').list()).toBeUndefined();
  });

  it('in an evaluation, all know that all did, and rank 0 names the last checkpoint', async () => {
    const { shared, hosts } = await machine(2);
    const data = shared.folder('data');
    const meta = (await readJson(data, 'meta.json')) as { valTokens: number };
    // Ids beyond the vocabulary, which nobody looks at before.
    await data.write('val.bin', new Uint8Array(2 * meta.valTokens).fill(0xff));
    const ends = await together(hosts, (host) => begin(host, { checkpointInterval: 1 }));
    expect(ends.map(codeOf)).toEqual([
      { scope: 'all', code: 'TOKEN_OUT_OF_RANGE' },
      { scope: 'all', code: 'TOKEN_OUT_OF_RANGE' },
    ]);
    expect(ends.map((end) => end!.othersWait)).toEqual([false, false]);
    expect(String(ends[0]!.error)).toContain('The last good checkpoint is disk/run/checkpoints/step-1.');
  });

  it('in training, each by an error of its own, each tells of it', async () => {
    const { hosts } = await machine(2);
    const ends = await together(hosts, (host, rank) => begin(host, {}, failingAfter(2, `full ${rank}`)));
    expect(ends).toMatchObject([
      { scope: 'own', othersWait: false, error: { message: expect.stringContaining('full 0') } },
      { scope: 'own', othersWait: false, error: { message: expect.stringContaining('full 1') } },
    ]);
  });

  it('in training, one alone, the other hears that it left its place', async () => {
    const { hosts } = await machine(2);
    const audience = (rank: number) => (rank === 1 ? failingAfter(2, 'full') : stoppingAfter());
    const ends = await together(hosts, (host, rank) => begin(host, {}, audience(rank)));
    expect(ends.map((end) => end!.othersWait)).toEqual([true, true]);
    expect(ends.map(codeOf)).toEqual([
      { scope: 'own', code: 'RANKS_DISAGREE' },
      { scope: 'own', code: 'FILE_WRITE' },
    ]);
  });

  it('the disk of rank 0 is full while others wait for the next step: it has to end them', async () => {
    const { shared, hosts } = await machine(2);
    const full = () => Promise.reject(new AttuneError('FILE_WRITE', 'The disk is full.'));
    const broken = { ...shared, folder: (path: string) => without(shared.folder(path), 'openLog', full) };
    const [one, other] = localCommunicators(2);
    const ends = [
      begin({ ...broken, ranks: new Ranks(one!) }),
      begin({ ...shared, ranks: new Ranks(other!) }),
    ];
    await expect(ends[0]).rejects.toMatchObject({ code: 'FILE_WRITE' });
    await expect(one!.abort(3, 'The disk is full.')).rejects.toMatchObject({ code: 'RANK_LOST' });
    await expect(ends[1]).rejects.toMatchObject({ code: 'RANK_LOST' });
    void hosts;
  });
});

/** A folder one of whose functions does something else. */
function without(folder: WritableFolder, name: keyof WritableFolder, instead: () => unknown): WritableFolder {
  return new Proxy(folder, {
    get(target, key: keyof WritableFolder) {
      if (key === name) return instead;
      const value = target[key];
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

test('a failure while others wait says so', async () => {
  const [first] = localCommunicators(2) as [Communicator, Communicator];
  const ranks = new Ranks(first);
  // The others are not there: nothing may be asked of them.
  Object.assign(ranks, { training: true });
  expect(await ranks.settle(new Error('lost'))).toMatchObject({ scope: 'own', othersWait: true });
  expect(await ranks.settle(new AttuneError('NON_FINITE', 'NaN'))).toMatchObject({ scope: 'all' });
});
