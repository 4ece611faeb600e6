/** @file Door of the room `baselines/`: what users would pick instead, and the compared methods, behind one interface. */
import { ConfigError } from "../tensor/index.ts";
import { type BoostingOptions, boosting } from "./boosting.ts";
import { defineContextClassifier, pixelWindow, windows } from "./context-classifier.ts";
import { extraTrees } from "./extra-trees.ts";
import { type ForestOptions, forest } from "./forest.ts";
import type { FitOptions, FittedMethod, Method } from "./method.ts";
import { type NeighbourOptions, nearestNeighbours } from "./neighbours.ts";
import { definePatchNetwork } from "./network/method.ts";
import { ccrnet } from "./networks/ccrnet.ts";
import { dstd } from "./networks/dstd.ts";
import { exvit } from "./networks/exvit.ts";
import { gltnet } from "./networks/gltnet.ts";
import { hct } from "./networks/hct.ts";
import { macn } from "./networks/macn.ts";
import { mft } from "./networks/mft.ts";
import { s2enet } from "./networks/s2enet.ts";
import { sal2rn } from "./networks/sal2rn.ts";
import { sepdgconv } from "./networks/sepdgconv.ts";
import { ssMae } from "./networks/ss-mae.ts";
import { twoBranchCnn } from "./networks/two-branch-cnn.ts";
import { methodNameOf } from "./saved.ts";
import { type SupportVectorOptions, supportVectorMachines } from "./support-vectors.ts";
import type { Learned, LearnOptions, ReadArray } from "./table.ts";
import { commonSubspace, grey } from "./ucsl.ts";

export type {
  BoostingOptions,
  FitOptions,
  FittedMethod,
  ForestOptions,
  Learned,
  LearnOptions,
  Method,
  NeighbourOptions,
  ReadArray,
  SupportVectorOptions,
};
export { extraTrees, methodNameOf };

/** Random forest on box mean and deviation at 1, 3, 9 and 21 pixels. */
export const rf: Method<ForestOptions> = defineContextClassifier({
  name: "rf",
  title: "Random forest",
  paper: "Breiman 2001, Machine Learning 45",
  learner: forest,
  seen: windows,
});

/** Extremely randomised trees on box mean and deviation at 1, 3, 9 and 21 pixels. */
export const et: Method<ForestOptions> = defineContextClassifier({
  name: "et",
  title: "Extremely randomised trees",
  paper: "Geurts, Ernst, Wehenkel 2006, Machine Learning 63",
  learner: extraTrees,
  seen: windows,
});

/** Gradient boosting on box mean and deviation at 1, 3, 9 and 21 pixels; nothing in it is random. */
export const gbt: Method<BoostingOptions> = defineContextClassifier({
  name: "gbt",
  title: "Gradient boosting",
  paper: "Friedman 2001, The Annals of Statistics 29",
  learner: boosting,
  seen: windows,
  isSeedless: true,
});

/** Support vector machine on box mean and deviation at 1, 3, 9 and 21 pixels; nothing in it is random. */
export const svm: Method<SupportVectorOptions> = defineContextClassifier({
  name: "svm",
  title: "Support vector machine",
  paper: "Cortes, Vapnik 1995, Machine Learning 20",
  learner: supportVectorMachines,
  seen: windows,
  isSeedless: true,
});

const neighbours = {
  paper: "Cover, Hart 1967, IEEE Transactions on Information Theory 13",
  learner: nearestNeighbours,
  isSeedless: true,
} as const;

/** k nearest neighbours on box mean and deviation at 1, 3, 9 and 21 pixels; nothing in it is random. */
export const knn: Method<NeighbourOptions> = defineContextClassifier({
  ...neighbours,
  name: "knn",
  title: "k nearest neighbours",
  seen: windows,
});

/** k nearest neighbours on the values of a pixel alone; nothing in it is random. */
export const knnPixel: Method<NeighbourOptions> = defineContextClassifier({
  ...neighbours,
  name: "knn-pixel",
  title: "k nearest neighbours, pixel values",
  seen: pixelWindow,
});

/** The nearest training pixel in a subspace common to all sources, on the values of a pixel alone; nothing is random. */
export const ucsl: Method<LearnOptions> = defineContextClassifier({
  name: "ucsl",
  title: "UCSL",
  paper: "Yao, Hong, Wang, Liu, Chanussot 2023, IEEE Transactions on Geoscience and Remote Sensing 61",
  learner: commonSubspace,
  seen: pixelWindow,
  normalise: grey,
  isSeedless: true,
});

const all: readonly Method[] = [
  rf,
  et,
  gbt,
  svm,
  knn,
  knnPixel,
  ucsl,
  definePatchNetwork(twoBranchCnn),
  definePatchNetwork(s2enet),
  definePatchNetwork(ccrnet),
  definePatchNetwork(dstd),
  definePatchNetwork(hct),
  definePatchNetwork(macn),
  definePatchNetwork(mft),
  definePatchNetwork(exvit),
  definePatchNetwork(ssMae),
  definePatchNetwork(sal2rn),
  definePatchNetwork(gltnet),
  definePatchNetwork(sepdgconv),
];

/** All methods by name. */
export const baselines: ReadonlyMap<string, Method> = new Map(all.map((method) => [method.name, method]));

/**
 * The method of a name.
 *
 * @throws ConfigError if there is none, with the known names
 */
export function baselineOf(name: string): Method {
  const method = baselines.get(name);
  if (method === undefined) {
    throw new ConfigError("method", `expected one of ${[...baselines.keys()].join(", ")}; got "${name}"`, name);
  }
  return method;
}
