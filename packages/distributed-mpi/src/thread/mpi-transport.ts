import type { Transport } from '../transport/transport.js';
import { addressOf, type Mpi } from './mpi.js';

interface UnderWay {
  /** Keeps the memory until MPI is done with it. */
  readonly bytes: Uint8Array;
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
  private readonly underWay: (UnderWay | undefined)[] = [];
  private readonly free: number[] = [];
  private active = 0;

  constructor(private readonly mpi: Mpi) {
    this.rank = mpi.rank;
    this.size = mpi.size;
    this.grow(START);
  }

  send(bytes: Uint8Array, to: number, tag: number, done: () => void): void {
    this.start((address, request) => this.mpi.send(address, bytes.length, to, tag, request), bytes, done);
  }

  receive(bytes: Uint8Array, from: number, tag: number, done: () => void): void {
    this.start(
      (address, request) => this.mpi.receive(address, bytes.length, from, tag, request),
      bytes,
      done,
    );
  }

  poll(): boolean {
    if (this.active === 0) return false;
    const completed = this.mpi.testSome(this.underWay.length, this.requestsAt, this.indicesAt);
    // What is called may start other messages, and move the arrays.
    const finished: UnderWay[] = [];
    for (let i = 0; i < completed; i++) {
      const slot = this.indices[i]!;
      finished.push(this.underWay[slot]!);
      this.underWay[slot] = undefined;
      this.free.push(slot);
    }
    this.active -= completed;
    for (const { done } of finished) done();
    return completed > 0;
  }

  private start(call: (address: bigint, request: bigint) => void, bytes: Uint8Array, done: () => void): void {
    if (this.free.length === 0) this.grow(2 * this.underWay.length);
    const slot = this.free.pop()!;
    call(addressOf(bytes), this.requestsAt + BigInt(slot * this.mpi.handles.requestBytes));
    this.underWay[slot] = { bytes, done };
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
    for (let slot = count - 1; slot >= this.underWay.length; slot--) this.free.push(slot);
    this.underWay.length = count;
  }
}
