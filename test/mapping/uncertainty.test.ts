import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { mapWriter, usualFiles } from "../../src/mapping/files.ts";
import { mapScene } from "../../src/mapping/map.ts";
import {
  abstainClass,
  abstained,
  listened,
  noUncertainty,
  type UncertaintyOptions,
  uncertaintyOf,
  uncertaintyRule,
  usualLabelSets,
} from "../../src/mapping/uncertainty.ts";
import { readRaster, sceneWindows, simulateScene, wholeOf } from "../../src/scene/index.ts";
import type { SymDiffuserModel } from "../../src/symdiffuser/index.ts";
import { ndarray } from "../../src/tensor/index.ts";

const scene = simulateScene({ seed: 1, height: 20, width: 24, sources: ["msi", "lidar"] });
const { classes, data: truth } = scene.labels!;
const K = classes.length;

/** Probabilities of a classifier that is 0.62 sure, of the truth where it is labelled, and now and then of two classes. */
const probabilities = Float32Array.from({ length: truth.length * K }, (_, at) => {
  const [pixel, k] = [Math.floor(at / K), at % K];
  const own = Math.max(0, truth[pixel]! - 1);
  const other = (own + 1) % K;
  const high = pixel % 3 === 0 ? 0.4 : 0.62;
  if (k === own) return high;
  if (k === other) return 0.72 - high;
  return 0.28 / (K - 2);
});
const classifier = {
  name: "sure",
  predict: async (_: unknown, [first, end]: readonly [number, number] = [0, scene.height]) =>
    probabilities.slice(first * scene.width * K, end * scene.width * K),
};

/** 40 held-out pixels, of which the heads were as sure as they could be. */
const heldOut = ndarray(
  Float32Array.from({ length: 40 * K }, (_, at) => (at % K === Math.floor(at / K) % K ? 0.6 : 0.4 / (K - 1))),
  [40, K],
);
const model = {
  classes,
  heads: [{}, {}],
  calibration: {
    from: "folds",
    temperature: 1,
    probabilities: heldOut,
    classOf: ndarray(
      Int32Array.from({ length: 40 }, (_, row) => row % K),
      [40],
      "i32",
    ),
  },
} as unknown as SymDiffuserModel;

describe("the rule of a map's uncertainty", () => {
  it("has label sets where they are asked for, or decide on pixels without a class", () => {
    const asked = (options: Partial<UncertaintyOptions>) =>
      uncertaintyRule({ ...noUncertainty, ...options }, model).labelSets;
    assert.equal(asked({ abstain: 0.5 }), null);
    assert.ok(Math.abs(asked({ abstain: "sets" })!.thresholds[0]! - 0.4) < 1e-6);
    assert.deepEqual(asked({ abstain: "sets" }), asked({ labelSets: usualLabelSets }));
  });

  it("refuses label sets of a model without held-out pixels", () => {
    assert.throws(() => uncertaintyRule({ ...noUncertainty, abstain: "sets" }, { ...model, calibration: null }), {
      name: "DataError",
      message:
        "label sets: expected a model with held-out pixels; got one without — train with calibration: temperature, and with more labelled pixels if that was set",
    });
  });
});

describe("pixels without a class", () => {
  it("have a code that no class has", () => {
    const coded = (codes: readonly number[]) =>
      abstainClass(codes.map((code) => ({ name: "x", color: [0, 0, 0], code })));
    assert.equal(coded([1, 2]).code, 254);
    assert.equal(coded([254, 252]).code, 253);
    assert.equal(coded(Array.from({ length: 254 }, (_, at) => at)).code, 65534);
  });

  it("are those that are not confident, or whose set has several classes; those not classified stay so", () => {
    const labels = Uint16Array.of(1, 2, 0, 2);
    const confidence = Float32Array.of(0.9, 0.5, Number.NaN, 0.7);
    const members = Uint8Array.of(1, 0, 0, 1, 0, 0, 1, 1);
    assert.deepEqual([...abstained(labels, confidence, null, 2, 0.6)], [1, 3, 0, 2]);
    assert.deepEqual([...abstained(labels, confidence, members, 2, "sets")], [1, 2, 0, 3]);
    assert.equal(abstained(labels, confidence, null, 2, null), labels);
  });
});

describe("uncertainty on test pixels", () => {
  const test = Int32Array.from(truth.keys()).filter((pixel) => truth[pixel]! > 0 && pixel % 2 === 0);
  const classOf = Int32Array.from(test, (pixel) => truth[pixel]! - 1);

  it("is heard while a map is made", async () => {
    const heard = listened(classifier, test, K);
    await mapScene(heard.classifier, scene, K);
    const expected = Array.from(test, (pixel) => [...probabilities.subarray(pixel * K, (pixel + 1) * K)]).flat();
    assert.deepEqual([...heard.probabilities], expected);
  });

  it("tells of calibration before and after, of label sets, and of what is left without doubtful pixels", () => {
    const own = Float32Array.from(test, (pixel) => pixel).length;
    const said = Float32Array.from(
      { length: own * K },
      (_, at) => probabilities[test[Math.floor(at / K)]! * K + (at % K)]!,
    );
    const rule = uncertaintyRule({ ...noUncertainty, abstain: 0.5 }, model);
    const hot = { ...model, calibration: { ...model.calibration!, temperature: 2 } };
    const { calibration, labelSets, abstention } = uncertaintyOf(hot, rule, said, classOf);
    const doubtful = test.filter((pixel) => pixel % 3 === 0).length / test.length;
    assert.equal(labelSets, null);
    assert.deepEqual(
      { ...abstention, share: Math.abs(abstention!.share - doubtful) < 1e-9 },
      {
        when: 0.5,
        share: true,
        overallAccuracy: 1,
        averageAccuracy: 1,
        kappa: 1,
      },
    );
    assert.equal(calibration!.test.after.pixels, test.length);
    const { before, after } = calibration!.test;
    assert.ok(before.negativeLogLikelihood < after.negativeLogLikelihood);
    const all = uncertaintyOf(model, uncertaintyRule({ ...noUncertainty, abstain: 0.99 }, model), said, classOf);
    assert.deepEqual(all.abstention, {
      when: 0.99,
      share: 1,
      overallAccuracy: null,
      averageAccuracy: null,
      kappa: null,
    });
  });
});

describe("the files of a map's uncertainty", () => {
  it("hold entropy, disagreement, sets as bits, their sizes, and pixels that abstain as a class of their own", async () => {
    const folder = mkdtempSync(join(tmpdir(), "uncertainty-"));
    const origin = { scene: sceneWindows(scene), method: "sure", simulated: "the sources are simulated" };
    const rule = uncertaintyRule({ entropy: true, labelSets: usualLabelSets, abstain: "sets" }, model);
    const map = await mapScene(classifier, scene, K, () => {}, true);
    const writer = mapWriter(folder, origin, classes, usualFiles, rule);
    writer.write(wholeOf(scene), { ...map, disagreement: new Float32Array(truth.length).fill(0.25) });
    const several = Array.from(truth.keys()).filter((pixel) => pixel % 3 === 0);
    assert.equal(writer.counts()[K + 1], several.length);
    await writer.finish();
    const own = ["entropy", "disagreement", "label-sets", "set-size"];
    for (const name of own) assert.ok(readdirSync(folder).includes(`${name}.tif`), name);
    const [entropy, disagreement, sets, sizes, codes] = await Promise.all(
      [...own, "map"].map((name) => readRaster(join(folder, `${name}.tif`))),
    );
    const row = probabilities.subarray(0, K);
    const expected = -row.reduce((sum, p) => sum + p * Math.log(p), 0);
    assert.ok(Math.abs(entropy!.data[0]! - expected) < 1e-6);
    assert.equal(disagreement!.data[5], 0.25);
    // Only the most probable class of a sure pixel has 1 − p ≤ 0.4; no class of the others has.
    const isSure = (pixel: number): boolean => pixel % 3 !== 0;
    assert.deepEqual(
      [...sizes!.data],
      Array.from(truth, (_, pixel) => Number(isSure(pixel))),
    );
    const bits = Array.from(truth, (label, pixel) => (isSure(pixel) ? 1 << Math.max(0, label - 1) : 0));
    assert.deepEqual([...sets!.data], bits);
    assert.deepEqual([sets!.nodata, sizes!.nodata], [2 ** 16 - 1, 255]);
    assert.equal(codes!.nodata, 0);
    assert.match(readFileSync(join(folder, "map.tif.aux.xml"), "utf8"), /<F>254<\/F><F>abstain<\/F><F>48<\/F>/);
    assert.match(
      readFileSync(join(folder, "map.qml"), "utf8"),
      /value="254" color="#303030" alpha="255" label="abstain"/,
    );
  });
});
