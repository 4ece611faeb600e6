/** @file Scaled dot-product attention as one operation, so that its gradient can take the short way. */
import { ShapeError } from "../errors.ts";
import { ndarray, type Shape, sizeOf } from "../ndarray.ts";
import type { Operation } from "../operation.ts";
import { applyAll, constant, type Tensor } from "../tensor.ts";
import { broadcastStrides, offsets } from "./layout.ts";
import { swapped } from "./matmul.ts";

const table = {
  attend: {
    name: "attend",
    infer: ([q, k, v, mask]) => {
      const batch = q!.shape.slice(0, -2);
      const [n, d] = q!.shape.slice(-2) as [number, number];
      const m = k!.shape.at(-2)!;
      const fits = (shape: Shape, ...last: number[]): boolean => [...batch, ...last].join() === shape.join();
      if (!fits(k!.shape, m, d) || !fits(v!.shape, m, v!.shape.at(-1)!)) {
        const shapes = [q!, k!, v!].map(({ shape }) => shape);
        throw new ShapeError(
          "attend",
          `expected q […, n, d], k […, m, d] and v […, m, e]; got ${shapes.map((shape) => `[${shape.join(", ")}]`).join(", ")}`,
          shapes,
        );
      }
      if (mask && mask.shape.length !== q!.shape.length) {
        throw new ShapeError("attend", `expected a mask of rank ${q!.shape.length}; got [${mask.shape.join(", ")}]`);
      }
      return [
        { shape: [...batch, n, v!.shape.at(-1)!], dtype: "f32" },
        { shape: [...batch, n, m], dtype: "f32" },
      ];
    },
    // With P = softmax(s·QKᵀ) and O = PV: the row sums of P∘∂P, which softmax's gradient needs, are those of O∘∂O,
    // a far smaller product (Dao et al. 2022, appendix B.4). They are taken away by one more channel in the product ∂O·Vᵀ,
    // which saves a pass over all pairs of tokens.
    gradient: ({ inputs: [q, k, v], outputs: [out, weights], cotangents: [g], attributes: { scale } }, t) => {
      const along = t.sum(t.mul(g!, out!), [-1]);
      const ones = constant(
        ndarray(new Float32Array(sizeOf(v!.shape) / v!.shape.at(-1)!).fill(1), [...v!.shape.slice(0, -1), 1]),
      );
      const towards = t.matMul(t.concat([g!, t.neg(along)], -1), t.concat([v!, ones], -1), { transposeB: true });
      const logits = t.mul(weights!, towards);
      return [
        t.mul(t.matMul(logits, k!), scale as number),
        t.mul(t.matMul(logits, q!, { transposeA: true }), scale as number),
        t.matMul(weights!, g!, { transposeA: true }),
        null,
      ];
    },
    lower: ({ emit, inputs: [q, k, v, mask], inputSpecs, attributes: { scale } }) => {
      const product = (): string => {
        const factor = emit.initializer(ndarray([scale as number], []));
        const keys = swapped(emit, k!, inputSpecs[1]!.shape.length);
        return emit.node("MatMul", [emit.node("Mul", [q!, factor]), keys]);
      };
      const flags = { transB: 1, alpha: scale as number };
      const logits = emit.has("FusedMatMul")
        ? emit.node("FusedMatMul", [q!, k!], flags, { domain: "com.microsoft" })
        : product();
      const weights = emit.node("Softmax", [mask ? emit.node("Add", [logits, mask]) : logits], { axis: -1 });
      return [emit.node("MatMul", [weights, v!]), weights];
    },
    reference: ({ inputs: [q, k, v, mask], inputSpecs, outputSpecs, attributes: { scale } }) => {
      const [n, m] = outputSpecs[1]!.shape.slice(-2) as [number, number];
      const [d, e] = [inputSpecs[0]!.shape.at(-1)!, outputSpecs[0]!.shape.at(-1)!];
      const weights = new Float64Array(sizeOf(outputSpecs[1]!.shape));
      const out = new Float64Array(sizeOf(outputSpecs[0]!.shape));
      const fromMask = mask
        ? offsets(outputSpecs[1]!.shape, broadcastStrides(inputSpecs[3]!.shape, outputSpecs[1]!.shape))
        : null;
      for (let row = 0; row < weights.length / Math.max(1, m); row++) {
        const batch = Math.floor(row / n);
        let top = -Infinity;
        for (let key = 0; key < m; key++) {
          let dot = 0;
          for (let at = 0; at < d; at++) dot += q![row * d + at]! * k![(batch * m + key) * d + at]!;
          const logit = dot * (scale as number) + (fromMask ? mask![fromMask[row * m + key]!]! : 0);
          weights[row * m + key] = logit;
          top = Math.max(top, logit);
        }
        let total = 0;
        for (let at = row * m; at < (row + 1) * m; at++) {
          weights[at] = Math.exp(weights[at]! - top);
          total += weights[at]!;
        }
        for (let key = 0; key < m; key++) {
          weights[row * m + key]! /= total;
          const weight = weights[row * m + key]!;
          for (let at = 0; at < e; at++) out[row * e + at]! += weight * v![(batch * m + key) * e + at]!;
        }
      }
      return [out, weights];
    },
  },
} satisfies Readonly<Record<string, Operation>>;

/** This file's operations by name. */
export const attendOperations: Readonly<Record<string, Operation>> = table;

/**
 * softmax(Q·Kᵀ/√d + mask)·V.
 *
 * @param q     `[…, n, d]`
 * @param k     `[…, m, d]`, the same leading axes
 * @param v     `[…, m, e]`
 * @param mask  added to the logits, broadcast to `[…, n, m]`; no gradient flows to it; null for none
 * @returns     `[…, n, e]`
 * @see Vaswani et al. 2017, eq. 1
 */
export function attend(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | null = null): Tensor {
  const scale = 1 / Math.sqrt(q.shape.at(-1)!);
  return applyAll(table.attend, mask ? [q, k, v, mask] : [q, k, v], { scale })[0]!;
}
