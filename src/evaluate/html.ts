/** @file HTML by template, in which every interpolated text is escaped unless it is itself made by a template. */

/** A piece of finished HTML. */
export interface Html {
  readonly html: string;
}

/** What a template takes: text and numbers are escaped, pieces are taken as they are, null leaves nothing. */
export type HtmlPart = string | number | Html | null | readonly HtmlPart[];

/** `` html`<b>${name}</b>` `` is a piece of HTML whatever the name holds, also inside quoted attributes. */
export function html(strings: TemplateStringsArray, ...parts: readonly HtmlPart[]): Html {
  return { html: String.raw({ raw: strings }, ...parts.map(textOf)) };
}

function textOf(part: HtmlPart): string {
  if (part === null) return "";
  if (typeof part === "object") return "html" in part ? part.html : part.map(textOf).join("");
  return String(part)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

/** A whole page in one file. @param style  its style sheet; `header` and `main` are what stands in these elements */
export function page(title: string, style: string, header: Html, main: HtmlPart): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${{ html: style }}</style>
</head>
<body>
<header>
${header}
</header>
<main>
${main}
</main>
</body>
</html>
`.html;
}

/** A PNG as an address that needs no file. */
export function dataUri(png: Uint8Array): string {
  return `data:image/png;base64,${Buffer.from(png).toString("base64")}`;
}

/** A colour for a style attribute. */
export function cssColor(color: ArrayLike<number>): string {
  return `rgb(${color[0]} ${color[1]} ${color[2]})`;
}
