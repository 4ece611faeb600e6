/**
 * @file Protocol-buffer wire format, writing only: what the ONNX writer needs of it.
 *
 * @see https://protobuf.dev/programming-guides/encoding
 */

/** A message under construction: bytes in the order they were added. */
export class Message {
  readonly #parts: Uint8Array[] = [];
  #sizeBytes = 0;

  /** Size of the encoded message. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  #push(bytes: Uint8Array): void {
    this.#parts.push(bytes);
    this.#sizeBytes += bytes.length;
  }

  #varint(value: number | bigint): void {
    const bytes: number[] = [];
    let rest = BigInt.asUintN(64, BigInt(value));
    do {
      const low = Number(rest & 0x7fn);
      rest >>= 7n;
      bytes.push(rest > 0n ? low | 0x80 : low);
    } while (rest > 0n);
    this.#push(Uint8Array.from(bytes));
  }

  /** An integer field; negative numbers in two's complement, as `int64` asks. */
  integer(field: number, value: number | bigint): this {
    this.#varint(field << 3);
    this.#varint(value);
    return this;
  }

  /** A 32-bit float field. */
  float(field: number, value: number): this {
    this.#varint((field << 3) | 5);
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    this.#push(bytes);
    return this;
  }

  /** A field of bytes; they are not copied until the message is encoded. */
  bytes(field: number, value: Uint8Array): this {
    this.#varint((field << 3) | 2);
    this.#varint(value.length);
    this.#push(value);
    return this;
  }

  /** A text field, UTF-8. */
  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  /** A nested message. */
  message(field: number, value: Message): this {
    this.#varint((field << 3) | 2);
    this.#varint(value.sizeBytes);
    for (const part of value.#parts) this.#push(part);
    return this;
  }

  /** The encoded message. */
  encode(): Uint8Array {
    const whole = new Uint8Array(this.#sizeBytes);
    let at = 0;
    for (const part of this.#parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }
}
