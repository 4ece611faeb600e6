import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { applyNormalisation, fitNormalisation, makeSplit, type Scene, simulateScene } from "../../src/scene/index.ts";
import { ConfigError } from "../../src/tensor/index.ts";

const data = (scene: Scene, name: string): Float32Array =>
  scene.sources.find((source) => source.name === name)!.raster.data as Float32Array;

/** Pixels of a class, by its name. */
function pixelsOf(scene: Scene, name: string): number[] {
  const label = scene.labels!.classes.findIndex((one) => one.name === name) + 1;
  return [...scene.labels!.data.keys()].filter((pixel) => scene.labels!.data[pixel] === label);
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Overall accuracy of the five nearest training pixels on every fifth test pixel, from some of the sources. */
function neighbourAccuracy(scene: Scene, names: readonly string[]): number {
  const size = scene.height * scene.width;
  const layers = scene.sources
    .filter(({ name }) => names.includes(name))
    .map((source) => applyNormalisation(source.raster, fitNormalisation(source)));
  const features = Array.from({ length: size }, (_, pixel) =>
    // Each source counts alike, whatever its number of bands.
    layers.flatMap((layer) => {
      const bands = layer.length / size;
      return [...layer.subarray(pixel * bands, (pixel + 1) * bands)].map((value) => value / Math.sqrt(bands));
    }),
  );
  const split = makeSplit(scene, "perClass:40", 0);
  const labels = scene.labels!.data;
  const tested = split.test.filter((_, at) => at % 5 === 0);
  const right = tested.filter((pixel) => {
    const distances = [...split.train].map((other) => {
      const squared = features[pixel]!.reduce((sum, value, at) => sum + (value - features[other]![at]!) ** 2, 0);
      return { squared, label: labels[other]! };
    });
    const votes = new Int32Array(9);
    for (const { label } of distances.sort((a, b) => a.squared - b.squared).slice(0, 5)) votes[label]!++;
    return votes.indexOf(Math.max(...votes)) === labels[pixel];
  });
  return right.length / tested.length;
}

describe("simulateScene", () => {
  const scene = simulateScene();

  it("is the same to the last bit for the same seed, and another for another", () => {
    const small = { height: 40, width: 56 } as const;
    assert.deepEqual(simulateScene({ seed: 3, ...small }), simulateScene({ seed: 3, ...small }));
    assert.notDeepEqual(simulateScene({ seed: 3, ...small }).labels, simulateScene({ seed: 4, ...small }).labels);
  });

  it("gives a source the same numbers whichever others are asked for", () => {
    const small = { seed: 5, height: 32, width: 32 } as const;
    const all = simulateScene({ ...small, sources: ["hsi", "lidar", "sar", "pan", "rgb", "msi"] });
    for (const name of ["hsi", "lidar", "sar", "pan", "rgb", "msi"] as const) {
      assert.deepEqual(data(simulateScene({ ...small, sources: [name] }), name), data(all, name));
    }
    assert.deepEqual(
      all.sources.map(({ raster }) => raster.bands),
      [64, 1, 2, 1, 3, 8],
    );
  });

  it("has all eight classes in every scene, and mixed pixels unlabelled", () => {
    for (const seed of [0, 1, 2, 3]) {
      const { data, classes } = simulateScene({ seed, height: 64, width: 64, sources: ["lidar"] }).labels!;
      const counts = new Int32Array(9);
      for (const label of data) counts[label]!++;
      assert.equal(classes.length, 8);
      assert.ok(
        counts.subarray(1).every((count) => count >= 40),
        `seed ${seed}: ${counts}`,
      );
      assert.ok(counts[0]! > 0.02 * 4096 && counts[0]! < 0.15 * 4096, `seed ${seed}: ${counts[0]} unlabelled`);
    }
  });

  it("keeps every sensor in its physical range", () => {
    const within = (name: string, low: number, high: number): void =>
      assert.ok(
        data(scene, name).every((value) => value > low && value < high),
        name,
      );
    within("hsi", -0.25, 1.2);
    within("lidar", -0.6, 26);
    within("sar", -55, 15);
  });

  it("lies on the ground: UTM zone 32N, 2 m pixels, wavelengths and band names", () => {
    const { transform, crs } = scene.georeference!;
    assert.deepEqual([transform[1], transform[5]], [2, -2]);
    assert.deepEqual([crs!.epsg, crs!.name], [32632, "WGS 84 / UTM zone 32N"]);
    const { directory, ascii } = crs!.geoKeys!;
    assert.equal(directory[3], directory.length / 4 - 1);
    assert.ok(directory.join().includes("1024,0,1,1") && directory.join().includes("3072,0,1,32632"));
    assert.equal(ascii.slice(0, 22), "WGS 84 / UTM zone 32N|");
    const [hsi] = scene.sources;
    assert.deepEqual([hsi!.raster.wavelengthsNm![0], hsi!.raster.wavelengthsNm!.at(-1)], [400, 1000]);
    assert.equal(hsi!.raster.bandNames![1], "409.5 nm");
  });

  /** Mean reflectance of a class near a wavelength. */
  const reflectance = (name: string, nm: number): number => {
    const band = Math.round(((nm - 400) / 600) * 63);
    return mean(pixelsOf(scene, name).map((pixel) => data(scene, "hsi")[pixel * 64 + band]!));
  };

  it("shows green peak, red edge and water absorption of plants, and the slope of soil", () => {
    for (const name of ["crop", "grass", "tree"]) {
      assert.ok(reflectance(name, 550) > 1.3 * reflectance(name, 675), `${name}: green peak`);
      assert.ok(reflectance(name, 850) > 3 * reflectance(name, 675), `${name}: red edge`);
      assert.ok(reflectance(name, 970) < 0.97 * reflectance(name, 890), `${name}: water absorption`);
    }
    assert.ok(reflectance("bare soil", 850) > 1.5 * reflectance("bare soil", 500));
    assert.ok(reflectance("water", 850) < 0.5 * reflectance("water", 550));
  });

  it("lights shadows by the blue sky alone", () => {
    assert.ok(reflectance("shadow", 850) < 0.5 * reflectance("road", 850));
    const blueness = (name: string): number => reflectance(name, 460) / reflectance(name, 690);
    assert.ok(blueness("shadow") > 1.2 * blueness("road"));
  });

  it("raises buildings and trees above the ground, and nothing else", () => {
    const height = (name: string): number => mean(pixelsOf(scene, name).map((pixel) => data(scene, "lidar")[pixel]!));
    assert.ok(height("building") > 3 && height("tree") > 3);
    for (const name of ["crop", "grass", "bare soil", "road", "water"]) assert.ok(height(name) < 0.6, name);
  });

  it("has radar speckle of about four looks", () => {
    const power = pixelsOf(scene, "road").map((pixel) => 10 ** (data(scene, "sar")[pixel * 2]! / 10));
    // Neighbours along a row share their backscatter, but not their speckle; the median leaves out walls and shadows.
    const ratios: number[] = [];
    for (let at = 1; at < power.length; at++) ratios.push(Math.log(power[at]! / power[at - 1]!));
    const middle = ratios.map(Math.abs).sort((a, b) => a - b)[Math.floor(ratios.length / 2)]!;
    // |ln(a/b)| of two gamma numbers of shape 4 has the median 0.487.
    assert.ok(middle > 0.42 && middle < 0.62, `median ${middle}`);
  });

  it("needs its sources together: each alone is at least eight points worse", () => {
    const colours = simulateScene({ sources: ["msi", "lidar", "sar"] });
    const together = neighbourAccuracy(colours, ["msi", "lidar", "sar"]);
    assert.ok(together > 0.65 && together < 0.92, `together ${together}`);
    for (const name of ["msi", "lidar", "sar"]) {
      const alone = neighbourAccuracy(colours, [name]);
      assert.ok(alone < together - 0.08, `${name} ${alone}, together ${together}`);
    }
  });

  const faults: [object, string][] = [
    [{ seed: -1 }, "simulate.seed: expected an integer ≥ 0; got -1"],
    [{ height: 8 }, "simulate.height: expected an integer from 16 to 2048; got 8"],
    [{ width: 30.5 }, "simulate.width: expected an integer from 16 to 2048; got 30.5"],
    [{ sources: [] }, "simulate.sources: expected at least one; got none"],
    [{ sources: ["hsi", "radar"] }, 'simulate.sources[1]: expected one of hsi, lidar, sar, pan, rgb, msi; got "radar"'],
    [{ sources: ["sar", "sar"] }, 'simulate.sources[1]: expected every source once; got "sar" again'],
  ];
  for (const [options, message] of faults) {
    it(`refuses ${JSON.stringify(options)}`, () => {
      assert.throws(
        () => simulateScene(options),
        (error) => error instanceof ConfigError && error.message === message,
      );
    });
  }
});
