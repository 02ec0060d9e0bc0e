import { endianness } from 'node:os';
import { ANY_RANK, MessageError, type Transport } from '../transport/transport.js';
import { addressOf, type Mpi } from './mpi.js';

interface UnderWay {
  /** Keeps the memory until MPI is done with it. */
  readonly bytes: Uint8Array;
  /** The other rank. */
  readonly rank: number;
  readonly done: () => void;
}

/** Requests at first; there are more where more are under way. */
const START = 64;

/** Carries messages by MPI's nonblocking calls: requests lie in one array, which is tested as a whole. */
export class MpiTransport implements Transport {
  readonly rank: number;
  readonly size: number;
  private requests!: Uint8Array;
  private requestsAt = 0n;
  private indices!: Int32Array;
  private indicesAt = 0n;
  private statuses!: Uint8Array;
  private statusesAt = 0n;
  private readonly count: [number] = [0];
  private readonly underWay: (UnderWay | undefined)[] = [];
  private readonly free: number[] = [];
  private active = 0;

  constructor(
    private readonly mpi: Mpi,
    readonly add?: Transport['add'],
  ) {
    this.rank = mpi.rank;
    this.size = mpi.size;
    this.grow(START);
  }

  send(bytes: Uint8Array, to: number, tag: number, done: () => void): void {
    this.start((address, request) => this.mpi.send(address, bytes.length, to, tag, request), {
      bytes,
      rank: to,
      done,
    });
  }

  receive(bytes: Uint8Array, from: number, tag: number, done: () => void): void {
    this.start((address, request) => this.mpi.receive(address, bytes.length, from, tag, request), {
      bytes,
      rank: from,
      done,
    });
  }

  poll(): boolean {
    if (this.active === 0) return false;
    const { mpi, count } = this;
    const code = mpi.testSome(this.underWay.length, this.requestsAt, count, this.indicesAt, this.statusesAt);
    // MPI_UNDEFINED, a negative number, where no request is active.
    const completed = Math.max(count[0], 0);
    // What is called may start other messages, and move the arrays.
    const finished: UnderWay[] = [];
    let failed: Error | undefined;
    for (let i = 0; i < completed; i++) {
      const slot = this.indices[i]!;
      const message = this.underWay[slot]!;
      this.underWay[slot] = undefined;
      this.free.push(slot);
      const failure = code === 0 ? 0 : this.failureOf(i);
      if (failure === 0) finished.push(message);
      else failed ??= new MessageError(message.rank, mpi.isTruncated(failure), mpi.errorText(failure));
    }
    this.active -= completed;
    for (const { done } of finished) done();
    if (failed) throw failed;
    if (code !== 0) throw new MessageError(ANY_RANK, false, mpi.errorText(code));
    return completed > 0;
  }

  /** The code of the error in the status of a completed request. */
  private failureOf(i: number): number {
    const { statusBytes, statusErrorAt } = this.mpi.handles;
    const at = i * statusBytes + statusErrorAt;
    return new DataView(this.statuses.buffer).getInt32(at, endianness() === 'LE');
  }

  private start(call: (address: bigint, request: bigint) => void, message: UnderWay): void {
    if (this.free.length === 0) this.grow(2 * this.underWay.length);
    const slot = this.free.pop()!;
    call(addressOf(message.bytes), this.requestsAt + BigInt(slot * this.mpi.handles.requestBytes));
    this.underWay[slot] = message;
    this.active++;
  }

  /** Makes room for more requests: MPI lets them be moved while no call reads them. */
  private grow(count: number): void {
    const { requestBytes, nullRequest } = this.mpi.handles;
    const before = this.requests as Uint8Array | undefined;
    this.requests = new Uint8Array(count * requestBytes);
    if (requestBytes === 8) new BigUint64Array(this.requests.buffer).fill(BigInt(nullRequest));
    else new Int32Array(this.requests.buffer).fill(Number(nullRequest));
    if (before) this.requests.set(before);
    this.requestsAt = addressOf(this.requests);
    this.indices = new Int32Array(count);
    this.indicesAt = addressOf(new Uint8Array(this.indices.buffer));
    this.statuses = new Uint8Array(count * this.mpi.handles.statusBytes);
    this.statusesAt = addressOf(this.statuses);
    for (let slot = count - 1; slot >= this.underWay.length; slot--) this.free.push(slot);
    this.underWay.length = count;
  }
}
