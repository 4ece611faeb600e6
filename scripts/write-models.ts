/**
 * @file Writes the models of `test/support/models.ts` for outside checks, such as `scripts/golden/onnx_check.py`.
 *
 *     node --import tsx scripts/write-models.ts FOLDER
 */
import { writeModels } from "../test/support/models.ts";

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write("Usage: node --import tsx scripts/write-models.ts FOLDER\n");
  process.exit(2);
}
process.stdout.write(`${writeModels(folder)} models in ${folder}\n`);
