import { baselineOf } from "../../src/baselines/index.ts";
import { describeClassifier, easyScene } from "../support/describe-classifier.ts";

describeClassifier(baselineOf("s2enet"), {
  options: { epochs: 30 },
  scene: easyScene(20, 30),
  perClass: 8,
  right: 0.8,
});
