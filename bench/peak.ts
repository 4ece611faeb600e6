/** @file The best fp32 matrix-product rate of this process: the limit every other figure is a fraction of. */
import { compile, keyOf, matMul, normal, trace } from "../src/tensor/index.ts";

/** @returns GFLOP/s of the fastest of many square products */
export async function peakGflops(threads: number, seconds = 0.7): Promise<number> {
  let best = 0;
  for (const n of [512, 1024]) {
    const spec = { shape: [n, n], dtype: "f32" } as const;
    const program = await compile(
      trace({ a: spec, b: spec }, ({ a, b }) => ({ y: matMul(a, b) })),
      { threads },
    );
    const a = normal(keyOf(1), [n, n]);
    const into = { y: normal(keyOf(2), [n, n]) };
    const end = performance.now() + seconds * 1e3;
    while (performance.now() < end) {
      const start = performance.now();
      await program.run({ a, b: a }, into);
      best = Math.max(best, (2 * n ** 3) / (performance.now() - start) / 1e6);
    }
    await program.release();
  }
  return best;
}
