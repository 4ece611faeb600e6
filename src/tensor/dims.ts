/** @file `dims` names the axes of a tensor, returns their lengths and refuses a misfit. */
import { ShapeError } from "./errors.ts";
import type { Shape } from "./ndarray.ts";

type Letters<Axes extends string> = Axes extends `${infer First} ${infer Rest}` ? First | Letters<Rest> : Axes;

/**
 * Lengths of the axes of anything with a shape: `const { B, N, C } = dims("x", x, "B N C")`.
 *
 * @param known  lengths that some axes must have
 * @throws ShapeError for another rank or another length: `eps: expected [B, N, C] with B=2, N=64, C=128; got [2, 65, 128]`
 */
export function dims<const Axes extends string>(
  name: string,
  { shape }: { readonly shape: Shape },
  axes: Axes,
  known: { readonly [Axis in Letters<Axes>]?: number } = {},
): { readonly [Axis in Letters<Axes>]: number } {
  const letters = axes === "" ? [] : axes.split(" ");
  const lengths = new Map<string, number>(Object.entries(known) as [string, number][]);
  let fits = letters.length === shape.length;
  if (fits) {
    for (const [axis, letter] of letters.entries()) {
      const length = lengths.get(letter);
      if (length === undefined) lengths.set(letter, shape[axis]!);
      else if (length !== shape[axis]) fits = false;
    }
  }
  if (!fits) {
    const fixed = Object.entries(known).map(([letter, length]) => `${letter}=${length}`);
    throw new ShapeError(
      name,
      `expected [${letters.join(", ")}]${fixed.length > 0 ? ` with ${fixed.join(", ")}` : ""}; got [${shape.join(", ")}]`,
      [shape],
    );
  }
  return Object.fromEntries(lengths) as { [Axis in Letters<Axes>]: number };
}
