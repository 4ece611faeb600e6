/** @file Streams that keep what is printed, for tests. */
import type { Stream } from "../../src/cli/progress.ts";

/** A stream that is no terminal, and its text. */
export interface Kept extends Stream {
  text: string;
}

export function kept(columns = 100): Kept {
  const stream: Kept = {
    text: "",
    columns,
    write: (text) => {
      stream.text += text;
    },
  };
  return stream;
}

const clearLine = "\r\u001b[2K";

/** A terminal of some width, that shows what is left of what was printed. */
export function terminal(columns: number): Kept & { readonly screen: () => string[] } {
  const stream = { ...kept(columns), isTTY: true };
  stream.write = (text) => {
    stream.text += text;
  };
  return Object.assign(stream, {
    screen: () => stream.text.split("\n").map((line) => line.split(clearLine).at(-1)!),
  });
}
