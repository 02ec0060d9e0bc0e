import { withoutControls, printableJson } from './printable.js';
import { codesOf, type Text } from './styled.js';

/** A stream that text goes to: `process.stdout`, or a test's. */
export interface Output extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  /** Width of the terminal. */
  readonly columns?: number;
}

/**
 * The one way to a stream. Names, messages and texts come from files and models of strangers, and end on a terminal, at
 * once or behind a pager: no command for a terminal gets through but those of a {@link Styled}.
 */
export class Printer {
  /** @param stream for what moves the cursor itself: progress bars, line editors. They are given no text but numbers. */
  constructor(readonly stream: Output) {}

  /** True for a terminal. What mpirun gives its processes in place of one has no width, and may end in a file. */
  get isTTY(): boolean {
    return this.stream.isTTY === true && this.stream.columns !== 0;
  }

  get columns(): number | undefined {
    return this.stream.columns;
  }

  /** Writes for people. Returns whether the stream takes more at once. */
  write(text: Text): boolean {
    return this.stream.write(
      typeof text === 'string' ? codesOf(text.replaceAll('\r\n', '\n')) : codesOf(text),
    );
  }

  /** Writes a text that is a result. On a terminal it commands nothing; into a pipe or a file it goes as it is. */
  writeText(text: string): boolean {
    return this.isTTY ? this.write(text) : this.stream.write(text);
  }

  /** Writes a value for programs, as JSON and a line end. Its controls are written as JSON can write them. */
  writeJson(value: unknown, indent?: number): boolean {
    return this.stream.write(`${printableJson(value, indent)}\n`);
  }

  /** Writes a text in place of the line the cursor is in, which a terminal alone can do. */
  rewriteLine(text: string): void {
    this.stream.write(`${ERASE_LINE}${withoutControls(text)}`);
  }
}

const ERASE_LINE = '\r\u001b[K';
