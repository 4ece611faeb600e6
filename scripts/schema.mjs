/** @file `npm run schema`: writes schema.json, schema-experiment.json, and the table of docs/configuration.md, from the configuration's schema. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build, installPackages, root } from "./setup.mjs";

installPackages();
build();
const { configKeys, experimentJsonSchema, jsonSchema } = await import(
  pathToFileURL(join(root, "dist", "train", "index.js")).href
);
writeFileSync(join(root, "schema.json"), `${JSON.stringify(jsonSchema(), null, 2)}\n`);
writeFileSync(join(root, "schema-experiment.json"), `${JSON.stringify(experimentJsonSchema(), null, 2)}\n`);

const code = (text) => `\`${text}\``;
const cell = (text) => text.replaceAll("|", "\\|");
const value = (one) => (one === undefined ? "" : code(JSON.stringify(one)));
function typeOf({ type, isList, isNullable, choices }) {
  const one = choices ? choices.map(code).join(", ") : type;
  return `${isList ? "list of " : ""}${one}${isNullable ? ", or `null`" : ""}`;
}

const rows = configKeys.map(
  (key) => `| ${code(key.path.join("."))} | ${typeOf(key)} | ${value(key.default)} | ${cell(key.meaning)} |\n`,
);
const table = `| key | type | default | meaning |\n| --- | --- | --- | --- |\n${rows.join("")}`;
const file = join(root, "docs", "configuration.md");
const [before, after] = ["<!-- keys: npm run schema -->\n", "<!-- end of keys -->\n"];
const text = readFileSync(file, "utf8");
const start = text.indexOf(before) + before.length;
writeFileSync(file, text.slice(0, start) + table + text.slice(text.indexOf(after)));
