/** A page that is sent a piece for each of a thousand tokens a second does nothing else. */
const PIECE_MS = 40;

/** Gathers the pieces of a text that grows, and hands them on as often as one can follow. */
export class Pieces {
  private gathered = '';
  private sent = -Infinity;

  /** @param now the time in milliseconds, from wherever. */
  constructor(
    private readonly send: (text: string) => void,
    private readonly now: () => number = () => performance.now(),
  ) {}

  add(piece: string): void {
    this.gathered += piece;
    if (this.now() - this.sent >= PIECE_MS) this.flush();
  }

  /** Hands on what is left, as at the end. */
  flush(): void {
    if (this.gathered === '') return;
    this.send(this.gathered);
    this.gathered = '';
    this.sent = this.now();
  }
}
