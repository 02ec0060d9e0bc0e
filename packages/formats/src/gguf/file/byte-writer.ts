const encoder = new TextEncoder();

/** Little-endian bytes that grow as they are written. */
export class ByteWriter {
  private bytes = new Uint8Array(2 ** 16);
  private view = new DataView(this.bytes.buffer);
  private used = 0;

  get length(): number {
    return this.used;
  }

  u8(value: number): void {
    this.view.setUint8(this.take(1), value);
  }

  u32(value: number): void {
    this.view.setUint32(this.take(4), value, true);
  }

  i32(value: number): void {
    this.view.setInt32(this.take(4), value, true);
  }

  f32(value: number): void {
    this.view.setFloat32(this.take(4), value, true);
  }

  u64(value: number): void {
    this.view.setBigUint64(this.take(8), BigInt(value), true);
  }

  /** The length of its UTF-8, and that. */
  string(value: string): void {
    const text = encoder.encode(value);
    this.u64(text.length);
    this.bytes.set(text, this.take(text.length));
  }

  /** Zeros up to the next multiple. */
  align(multiple: number): void {
    this.take((multiple - (this.used % multiple)) % multiple);
  }

  /** The bytes written so far. */
  written(): Uint8Array {
    return this.bytes.subarray(0, this.used);
  }

  /** Makes room at the end. Returns where it begins. */
  private take(count: number): number {
    const start = this.used;
    this.used += count;
    if (this.used > this.bytes.length) {
      const grown = new Uint8Array(Math.max(this.used, this.bytes.length * 2));
      grown.set(this.bytes);
      this.bytes = grown;
      this.view = new DataView(grown.buffer);
    }
    return start;
  }
}
