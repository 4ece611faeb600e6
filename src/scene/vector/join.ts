/** @file More attributes of a layer from a table beside it, as field campaigns keep them. */
import { ConfigError } from "../../tensor/index.ts";
import { type Attribute, attributeOf, type VectorLayer } from "./features.ts";
import { attributesOf, readTable } from "./text-table.ts";

/**
 * The layer with the columns of a CSV table, joined by the one column that both have. Features without a row have none
 * of its attributes; where several rows of a feature disagree on one, it has none of it.
 *
 * @throws ConfigError if they share no column, or several
 * @throws FormatError if the table is damaged
 */
export function withTable(layer: VectorLayer, file: string): VectorLayer {
  const table = readTable(file);
  const shared = table.names.filter((name) => layer.fields.includes(name));
  if (shared.length !== 1) {
    const got = shared.length === 0 ? `none: ${table.names.join(", ")}` : shared.join(", ");
    throw new ConfigError(
      file,
      `expected one column that ${layer.file} has too (${layer.fields.join(", ")}); got ${got}`,
      null,
    );
  }
  const [key] = shared as [string];
  const keys = attributesOf(table, table.names.indexOf(key)).map(String);
  const added = table.names
    .map((name, column) => [name, agreed(keys, attributesOf(table, column))] as const)
    .filter(([name]) => name !== key);
  return {
    ...layer,
    fields: [...layer.fields, ...added.map(([name]) => name)],
    features: layer.features.map((feature) => {
      const own = String(attributeOf(feature, key));
      const more = Object.fromEntries(added.map(([name, values]) => [name, values.get(own) ?? null]));
      return { ...feature, properties: { ...feature.properties, ...more } };
    }),
  };
}

/** The value of each key; null where rows of the same key disagree. */
function agreed(keys: readonly string[], values: readonly Attribute[]): ReadonlyMap<string, Attribute> {
  const found = new Map<string, Attribute>();
  for (const [at, key] of keys.entries()) {
    found.set(key, !found.has(key) || found.get(key) === values[at] ? values[at]! : null);
  }
  return found;
}
