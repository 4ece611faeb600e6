/** @file The rows of the paper's ablation as settings, nested as in a configuration. */
import type { CsdiffOptions } from "./csdiff.ts";
import type { Backbone, FeatureOptions } from "./options.ts";

/** What a variant settles; everything else stays as it is. */
export interface VariantSettings {
  readonly backbone?: Backbone;
  readonly features?: Pick<FeatureOptions, "from"> & Partial<FeatureOptions>;
  readonly network?: Pick<CsdiffOptions, "perception" | "tci">;
}

/** Names as in the paper. */
export const variantNames = ["V1", "V2", "V3a", "V3b", "V4", "full"] as const;
export type VariantName = (typeof variantNames)[number];

const diffused = { from: "both" } as const;

/** @see SymDiffuser table 4 */
export const variants: Readonly<Record<VariantName, VariantSettings>> = {
  /** No diffusion: the latents of all sources side by side. */
  V1: { backbone: "frozen", features: { from: "latents", steps: [-1] } },
  /** Diffusion without modality perception and condition injection. */
  V2: { features: diffused, network: { perception: "none", tci: false } },
  /** No modality perception. */
  V3a: { features: diffused, network: { perception: "none", tci: true } },
  /** Concatenation and a linear layer for modality perception. */
  V3b: { features: diffused, network: { perception: "concat", tci: true } },
  /** No condition injection. */
  V4: { features: diffused, network: { perception: "attention", tci: false } },
  full: { features: diffused, network: { perception: "attention", tci: true } },
};
