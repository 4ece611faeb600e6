/** @file Pictures on a page, side by side with what they show. */
import { dataUri, type Html, html } from "./html.ts";
import type { ReportPicture } from "./report-data.ts";

/** Pictures side by side: as many in a row as their shape lets be looked at. */
export function figures(pictures: readonly ReportPicture[]): Html {
  const ratio = Math.max(...pictures.map(({ png }) => aspectOf(png)));
  const columns = Math.min(pictures.length, ratio > 2.4 ? 1 : ratio > 1.5 ? 2 : ratio > 0.5 ? 3 : 4);
  return html`<div class="figures" style="--columns:${columns}">${pictures.map(
    ({ title, caption, png }) =>
      html`<figure><img src="${dataUri(png)}" alt="${title}"><figcaption><b>${title}</b>${caption ? ` ${caption}` : null}</figcaption></figure>`,
  )}</div>`;
}

/** Width of a PNG divided by its height, from its header. */
export function aspectOf(png: Uint8Array): number {
  const view = new DataView(png.buffer, png.byteOffset);
  return view.getUint32(16) / view.getUint32(20);
}
