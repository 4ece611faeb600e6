/**
 * @file Fits random forest and support vector machine on the real scenes and writes what it saw and said into a folder, for
 * scripts/golden/baselines.py: `node --import tsx test/baselines/export-real.ts FOLDER`.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { normalised, tableOf } from "../../src/baselines/context-classifier.ts";
import { rf, svm } from "../../src/baselines/index.ts";
import { fitNormalisation } from "../../src/scene/index.ts";
import { accuracies, hasScene, labelsOf, openReal, realScenes, realSplit } from "./real-scenes.ts";

const folder = process.argv[2]!;
const runs: unknown[] = [];
for (const name of [...realScenes.keys()].filter(hasScene)) {
  const scene = await openReal(name);
  const table = tableOf(scene, normalised(scene, scene.sources.map(fitNormalisation)), [0, scene.height]);
  writeFileSync(join(folder, `${name}.features`), table.data);
  writeFileSync(join(folder, `${name}.labels`), scene.labels!.data);
  for (const seed of [0, 1, 2]) {
    const split = realSplit(name, scene, seed);
    writeFileSync(join(folder, `${name}.${seed}.train`), split.train);
    writeFileSync(join(folder, `${name}.${seed}.test`), split.test);
    for (const [method, kind] of Object.entries({ rf, svm })) {
      const started = performance.now();
      const classifier = await kind.fit(scene, split, { seed });
      const fitted = performance.now();
      const predicted = labelsOf(await classifier.predict(scene), scene.labels!.classes.length);
      const done = performance.now();
      writeFileSync(join(folder, `${name}.${seed}.${method}`), predicted);
      const times = { fitMs: fitted - started, predictMs: done - fitted };
      runs.push({ name, seed, method, columns: table.columns, ...accuracies(scene, split, predicted), ...times });
    }
  }
}
writeFileSync(join(folder, "runs.json"), JSON.stringify(runs));
