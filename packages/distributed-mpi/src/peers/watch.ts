import { AttuneError } from '@attune/core';
import { Lane } from '../transport/lane.js';
import { tags } from '../transport/tags.js';
import { ANY_RANK, type Transport } from '../transport/transport.js';
import { capitalized } from './capitalized.js';
import { decodeNews, encodeNews, NEWS_BYTES, type News } from './news.js';

/** How long signs of life may fail to come, and how often they are sent. */
export interface WatchOptions {
  readonly timeoutSeconds: number;
  /** The name of each rank's host, for messages. */
  readonly hosts: readonly string[];
}

/** Signs of life for each silence that is too long: some may be late. */
const SIGNS = 8;

const LONGEST_INTERVAL = 2;

/** A rank that one watches. */
interface Peer {
  readonly rank: number;
  heardAt: number;
  /** Calls that it has begun; that every rank has, where it is rank 0. */
  calls: number;
  readonly lane: Lane<News>;
}

/**
 * Notices lost ranks. All send signs of life to rank 0, and it to all, also while they compute; who is silent too long is lost.
 * Rank 0 tells the others; those who lose rank 0 itself notice it each for itself.
 */
export class Watch {
  private readonly peers: ReadonlyMap<number, Peer>;
  private readonly interval: number;
  private lastTick: number;
  private lastSign = -Infinity;
  private fault?: AttuneError;
  private leaving = false;
  private begun = 0;
  private readonly gone = new Set<number>();

  constructor(
    private readonly transport: Transport,
    private readonly options: WatchOptions,
    now: number,
  ) {
    const { rank, size } = transport;
    this.interval = Math.min(LONGEST_INTERVAL, options.timeoutSeconds / SIGNS);
    this.lastTick = now;
    const watched = rank === 0 ? Array.from({ length: size - 1 }, (_, i) => i + 1) : [0];
    this.peers = new Map(
      watched.map((peer) => [peer, { rank: peer, heardAt: now, calls: 0, lane: this.laneTo(peer) }]),
    );
    if (size > 1) this.listen();
  }

  /** The reason for which no call can succeed any more. */
  get error(): AttuneError | undefined {
    return this.fault;
  }

  /** Seconds after which `tick` has something to do. */
  get period(): number {
    return this.interval / 2;
  }

  /** True when every rank that is watched has said goodbye. */
  get left(): boolean {
    return (
      this.leaving &&
      this.gone.size === this.peers.size &&
      [...this.peers.values()].every(({ lane }) => lane.idle)
    );
  }

  /** True while news of an error is on its way. */
  get telling(): boolean {
    return this.fault !== undefined && [...this.peers.values()].some(({ lane }) => !lane.idle);
  }

  /** A call begins on this rank: `calls` have, with it. */
  begin(calls: number): void {
    this.begun = calls;
  }

  /** True if every rank has begun as many calls as this one: what does not come now is held up on its way. */
  get allBegan(): boolean {
    return [...this.peers.values()].every(({ calls }) => calls >= this.begun);
  }

  /** Sends signs of life that are due, and looks for those that did not come. `now` is in seconds. */
  tick(now: number): void {
    // A process that was stopped, or whose machine slept, has not listened: the others may have spoken.
    const asleep = now - this.lastTick > this.interval ? now - this.lastTick : 0;
    this.lastTick = now;
    for (const peer of this.peers.values()) peer.heardAt += asleep;
    if (this.fault || this.leaving || now - this.lastSign < this.interval) return;
    this.lastSign = now;
    const calls = this.callsToTell();
    for (const peer of this.peers.values()) {
      // A message that does not get away is not followed by others.
      if (peer.lane.idle) peer.lane.add({ kind: 'alive', from: this.transport.rank, calls });
      const silent = now - peer.heardAt;
      if (silent > this.options.timeoutSeconds && !this.gone.has(peer.rank)) this.lost(peer.rank, silent);
    }
  }

  /** Ends all calls of all ranks. */
  fail(error: AttuneError): void {
    if (this.fault) return;
    this.fault = error;
    this.tell(error, this.transport.rank);
  }

  /** Says goodbye, as the last message. */
  leave(): void {
    this.leaving = true;
    // Rank 0 hears all others first: until then it may have to tell of one that is lost.
    if (this.transport.rank !== 0) this.send({ kind: 'goodbye', from: this.transport.rank });
    else this.answerGoodbyes();
  }

  /** Names a rank for people. */
  name(rank: number): string {
    return `rank ${rank} on ${this.options.hosts[rank] ?? 'an unknown host'}`;
  }

  /** Rank 0 tells what holds of every rank. */
  private callsToTell(): number {
    const others = this.transport.rank === 0 ? [...this.peers.values()].map(({ calls }) => calls) : [];
    return Math.min(this.begun, ...others);
  }

  private lost(rank: number, seconds: number): void {
    const text = `${capitalized(this.name(rank))} has given no sign of life for ${Math.round(seconds)} s.`;
    const fix = 'See whether the process, its host and the network are up.';
    this.fail(new AttuneError('RANK_LOST', text, { fix, data: { rank } }));
  }

  private laneTo(peer: number): Lane<News> {
    return new Lane(1, (news, done) => this.transport.send(encodeNews(news), peer, tags.heartbeat, done));
  }

  private send(news: News): void {
    for (const { lane } of this.peers.values()) lane.add(news);
  }

  private tell(error: AttuneError, from: number): void {
    const news: News = {
      kind: 'failed',
      from,
      disagree: error.code === 'RANKS_DISAGREE',
      lost: error.data?.['rank'] as number | undefined,
      text: error.message,
    };
    for (const { rank, lane } of this.peers.values()) {
      if (rank === from) continue;
      try {
        lane.add(news);
      } catch {
        // One that cannot be reached may be why: the others hear of it all the same.
      }
    }
  }

  private listen(): void {
    const message = new Uint8Array(NEWS_BYTES);
    this.transport.receive(message, ANY_RANK, tags.heartbeat, () => {
      const news = decodeNews(message);
      const peer = this.peers.get(news.from);
      if (peer) peer.heardAt = this.lastTick;
      if (peer && news.kind === 'alive') peer.calls = news.calls ?? 0;
      if (news.kind === 'goodbye') this.gone.add(news.from);
      if (news.kind === 'failed') this.hear(news);
      if (this.gone.size < this.peers.size) this.listen();
      this.answerGoodbyes();
    });
  }

  private hear({ from, disagree, lost, text }: News): void {
    if (this.fault) return;
    this.fault = new AttuneError(
      disagree ? 'RANKS_DISAGREE' : 'RANK_LOST',
      text || 'A rank gave up.',
      lost === undefined ? {} : { data: { rank: lost } },
    );
    if (this.transport.rank === 0) this.tell(this.fault, from);
  }

  private answerGoodbyes(): void {
    if (this.transport.rank === 0 && this.leaving && this.gone.size === this.peers.size) {
      this.send({ kind: 'goodbye', from: 0 });
    }
  }
}
