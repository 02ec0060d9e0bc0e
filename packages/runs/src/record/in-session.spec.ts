import { inSession } from './in-session.js';
import { parseRecord, type RunRecord, type RunSession } from './run-record.js';

const session: RunSession = {
  ...{ fromStep: 0, startedAt: '2026-01-01T00:00:00.000Z' },
  backend: { name: 'cpu', device: 'a test', deterministic: true },
  versions: { attune: '0', node: '0', platform: 'memory' },
};
const record: RunRecord = {
  ...{ format: 1, seed: 1, sessions: [] },
  data: { path: null, trainTokens: 10, hashes: { train: 'a', val: null } },
};

const host = (peakMemory?: () => number) => {
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  return { warnings, warn, ...(peakMemory && { peakMemory }) };
};

function store() {
  const written: RunRecord[] = [];
  return {
    written,
    check: async () => undefined,
    // As it is read again.
    writeRecord: async (one: RunRecord) => void written.push(parseRecord(JSON.stringify(one), 'run.json')),
  };
}

test('the peak of memory is recorded when the work is over, not before', async () => {
  const run = store();
  await inSession(
    run,
    record,
    session,
    host(() => 123),
    async () => {
      expect(run.written).toEqual([{ ...record, sessions: [session] }]);
    },
  );
  expect(run.written.at(-1)).toEqual({ ...record, sessions: [{ ...session, peakBytes: 123 }] });
});

test('a host that does not tell leaves the record as it was in older runs', async () => {
  const run = store();
  await inSession(run, record, session, host(), async () => undefined);
  expect(run.written).toEqual([{ ...record, sessions: [session] }]);
});

test('a run that fails has its peak, and fails as it did', async () => {
  const run = store();
  const failing = inSession(
    run,
    record,
    session,
    host(() => 7),
    async () => {
      throw new Error('lost');
    },
  );
  await expect(failing).rejects.toThrow('lost');
  expect(run.written.at(-1)!.sessions[0]!.peakBytes).toBe(7);
});

test('a folder that is gone does not hide what went wrong', async () => {
  const gone = async () => {
    throw new Error('The folder was removed.');
  };
  const run = { ...store(), check: gone };
  const told = host(() => 7);
  const failing = inSession(run, record, session, told, async () => {
    throw new Error('lost');
  });
  await expect(failing).rejects.toThrow('lost');
  expect(told.warnings).toEqual([
    'The peak of memory could not be recorded in run.json: The folder was removed.',
  ]);
});
