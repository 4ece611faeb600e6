/** @file The same computation in PyTorch, as a process that waits while we measure, so that what it compiled stays. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** A process of PyTorch that is ready. */
export interface Twin<Round> {
  /** Let it measure once. */
  round(): Promise<Round>;
  stop(): void;
}

/**
 * Start a program of scripts/twin: it prints a JSON line when it is ready, and one for each line that it reads.
 *
 * @param python  with PyTorch
 */
export async function startTwin<Round>(
  python: string,
  program: string,
  ...words: readonly string[]
): Promise<Twin<Round>> {
  const file = join(import.meta.dirname, "../scripts/twin", program);
  const child = spawn(python, [file, ...words], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<unknown> => {
    const { value, done } = await lines.next();
    if (done) throw new RangeError(`expected ${python} to run PyTorch; got an end`);
    return JSON.parse(value as string);
  };
  await next();
  return {
    round: async () => {
      child.stdin.write("\n");
      return (await next()) as Round;
    },
    stop: () => void child.stdin.end(),
  };
}
