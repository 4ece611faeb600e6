/** @file A recipe as a commented configuration. */
import { Document, isMap, isScalar, visit } from "yaml";
import { type Layout, needsPreparing, type Recipe } from "../scene/index.ts";

const width = 110;

/** Words as comment lines, further lines set in. */
function comment(text: string): string {
  const lines: string[] = [];
  let line = "#";
  for (const word of text.split(" ")) {
    if (line.length + word.length >= width && line.trim() !== "#") {
      lines.push(line);
      line = "#   ";
    }
    line += ` ${word}`;
  }
  return [...lines, line].map((one) => `${one.trimEnd()}\n`).join("");
}

function sumOf(recipe: Recipe, part: "total" | "train" | "test"): number | null {
  const counts = recipe.classes.map((one) => one[part]);
  return counts.length === 0 || counts.includes(null) ? null : counts.reduce<number>((a, b) => a + (b ?? 0), 0);
}

function facts(recipe: Recipe, layout: Layout): string[] {
  const { height, width, pixelSizeM, sources, simulated, layouts, citation, licence, where, downloads, notes } = recipe;
  const [total, train, test] = (["total", "train", "test"] as const).map((part) => sumOf(recipe, part));
  const others = layouts.filter((one) => one !== layout);
  const prepare = needsPreparing(layout);
  const made = [...(prepare.labels ? ["labels.tif"] : []), ...(prepare.split ? ["split.json"] : [])];
  return [
    `pixels: ${height} × ${width}${pixelSizeM === null ? "" : `, ${pixelSizeM} m`}`,
    `sources: ${sources.map(({ name, kind, bands }) => `${name} (${kind}${bands === null ? "" : `, ${bands} band${bands === 1 ? "" : "s"}`})`).join(", ")}`,
    ...(simulated.length > 0 ? [`simulated from hsi: ${simulated.join(", ")} (--sources pan,lidar and the like)`] : []),
    ...(total === null
      ? []
      : [
          `labelled: ${total} pixels${train === null ? ", no published split" : `; published split: ${train} train, ${test} test`}`,
        ]),
    `layout ${layout.name}: ${layout.title}`,
    ...others.map(({ name, title }) => `other layout ${name}: ${title}`),
    `cite: ${citation}`,
    `licence: ${licence}`,
    ...where.map((one) => `get: ${one}`),
    ...downloads.map(({ url, sha256, bytes }) => {
      const size = bytes === null ? "size not published" : `${bytes} bytes`;
      return `link: ${url} (${size}, ${sha256 === null ? "checksum not published" : `SHA-256 ${sha256}`})`;
    }),
    ...notes.map((one) => `note: ${one}`),
    ...(made.length > 0
      ? [`${made.join(" and ")}: written, with this configuration, by symdiffuser recipe prepare DIR`]
      : []),
  ];
}

/** Published pixels of a class. */
function countText({ total, train, test }: Recipe["classes"][number]): string | null {
  if (train !== null) return ` ${train} train, ${test} test`;
  return total === null ? null : ` ${total} pixels`;
}

/** The configuration as YAML, with what else is known of the scene as comments. */
export function recipeText(recipe: Recipe, layout: Layout, configuration: Record<string, unknown>): string {
  const document = new Document(configuration, { aliasDuplicateObjects: false });
  visit(document, {
    Seq: (_, node) => {
      node.flow = true;
    },
    Map: (key, node, path) => {
      const owner = path.at(-1);
      const name = typeof owner === "object" && "key" in owner && isScalar(owner.key) ? owner.key.value : null;
      const isLeaf = node.items.every((item) => !isMap(item.value));
      if (key !== null && isLeaf && name !== "labels" && name !== "split") node.flow = true;
      if (name !== "classes") return;
      for (const [at, item] of node.items.entries()) {
        const text = countText(recipe.classes[at]!);
        if (text !== null && isMap(item.value)) item.value.comment = text;
      }
    },
  });
  const head = [recipe.title, ...facts(recipe, layout)].map(comment);
  return `${head[0]}#\n${head.slice(1).join("")}${document.toString({ lineWidth: 0, flowCollectionPadding: true })}`;
}
