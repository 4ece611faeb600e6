/** @file The look of a report: calm, readable, light or dark as the reader's system is, and printable. */
export const reportStyle: string = `
:root {
  color-scheme: light dark;
  --paper: #fdfdfc; --card: #f5f5f2; --ink: #1d2125; --soft: #666e76; --line: #dfe1de; --strong: #b9bdb8;
  --accent: #0f6b73; --hit: #8fd0bb; --miss: #f2a58e;
  --line0: #0f6b73; --line1: #c2571a; --line2: #6b4fa0; --line3: #4d7a22;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171a; --card: #1d2125; --ink: #e4e6e7; --soft: #98a1a9; --line: #2c3238; --strong: #4a525a;
    --accent: #63c4c8; --hit: #1f7560; --miss: #9c4630;
    --line0: #63c4c8; --line1: #f0995f; --line2: #b39ddb; --line3: #a3c96a;
  }
}
* { box-sizing: border-box; }
html { background: var(--paper); color: var(--ink); -webkit-text-size-adjust: 100%; }
body {
  margin: 0 auto; max-width: 1080px; padding: 56px 32px 72px;
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif;
  font-variant-numeric: tabular-nums;
}
h1 { margin: 0; font-size: 34px; line-height: 1.2; font-weight: 650; letter-spacing: -0.015em; overflow-wrap: anywhere; }
h2 { margin: 0 0 16px; font-size: 20px; line-height: 1.3; font-weight: 650; letter-spacing: -0.005em; }
p { margin: 0 0 16px; max-width: 74ch; }
.kind { margin: 0 0 8px; color: var(--accent); font-size: 14px; font-weight: 600; }
.summary { margin: 12px 0 0; color: var(--soft); font-size: 18px; }
section { margin-top: 48px; padding-top: 24px; border-top: 1px solid var(--line); }

table { border-collapse: collapse; font-size: 15px; }
th, td { padding: 6px 12px; text-align: right; font-weight: 400; white-space: nowrap; }
th:first-child { text-align: left; padding-left: 0; }
thead th { white-space: normal; color: var(--soft); font-size: 13px; vertical-align: bottom; border-bottom: 1px solid var(--strong); }
tbody tr + tr > * { border-top: 1px solid var(--line); }
tfoot > tr > * { border-top: 1px solid var(--strong); color: var(--soft); }
.scroll { overflow-x: auto; }
.soft { color: var(--soft); }
.swatch {
  display: inline-block; width: 12px; height: 12px; margin-right: 8px; border-radius: 3px; vertical-align: -1px;
  box-shadow: inset 0 0 0 1px rgb(128 128 128 / .35); print-color-adjust: exact; -webkit-print-color-adjust: exact;
}

.methods { width: 100%; font-size: 17px; }
.methods th, .methods td { padding: 10px 12px; }
.methods .own { background: var(--card); }
.methods .own > * { font-size: 21px; padding-top: 14px; padding-bottom: 14px; }
.methods .own th { font-weight: 600; }
.methods tbody th { padding-left: 12px; }
.methods thead th:first-child { padding-left: 12px; }
.best { font-weight: 650; color: var(--accent); }
.facts { display: flex; flex-wrap: wrap; gap: 8px 40px; margin: 20px 12px 0; font-size: 15px; }
.facts dt { color: var(--soft); font-size: 13px; }
.facts dd { margin: 0; }

.figures { display: grid; grid-template-columns: repeat(var(--columns), minmax(0, 1fr)); gap: 24px; margin-bottom: 24px; align-items: start; }
figure { margin: 0; }
figure img {
  display: block; width: 100%; background: var(--card); border: 1px solid var(--line); border-radius: 4px;
  image-rendering: pixelated; print-color-adjust: exact; -webkit-print-color-adjust: exact;
}
figcaption { margin-top: 6px; color: var(--soft); font-size: 14px; }
figcaption b { color: var(--ink); font-weight: 600; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 0; padding: 0; list-style: none; color: var(--ink); font-size: 14px; }
.ramp { display: flex; align-items: center; gap: 8px; margin: 12px 0 0; font-size: 14px; }
.ramp span { color: var(--soft); }
.ramp span:first-of-type { margin-left: 8px; }
.ramp i { width: 180px; height: 12px; border-radius: 3px; print-color-adjust: exact; -webkit-print-color-adjust: exact; }

.confusion { font-size: 13px; }
.confusion th, .confusion td { padding: 5px 4px; border: 0; }
.confusion tbody tr + tr > * { border-top: 1px solid var(--paper); }
.confusion td { min-width: 45px; text-align: center; border-left: 1px solid var(--paper); }
.confusion thead th { padding: 0 4px 8px; height: 1px; text-align: center; }
.confusion thead th > span { display: inline-block; white-space: nowrap; writing-mode: vertical-rl; transform: rotate(180deg); text-align: left; color: var(--ink); }
.confusion thead .swatch { margin: 8px 0 0 0; vertical-align: 0; }
.confusion thead th > span .swatch { margin: 0 0 8px 0; }
.confusion .corner > span { writing-mode: horizontal-tb; transform: none; color: var(--soft); font-weight: 400; white-space: nowrap; }
.confusion th:first-child { padding-left: 0; text-align: left; }
.hit { background: color-mix(in srgb, var(--hit) var(--share), transparent); print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.miss { background: color-mix(in srgb, var(--miss) var(--share), transparent); print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.confusion .zero { color: var(--strong); }
.confusion .margin { padding-left: 12px; color: var(--soft); }
.confusion tfoot > tr > * { padding-top: 8px; font-size: 12px; }
.confusion .total { color: var(--ink); font-weight: 650; }

.classes { width: 100%; }
.classes th:first-child { width: 30%; }
.bar { display: inline-block; width: calc(100% - 64px); max-width: 110px; min-width: 40px; height: 6px; margin-right: 8px; background: var(--line); border-radius: 3px; vertical-align: 2px; overflow: hidden; }
.value { display: inline-block; min-width: 52px; }
.bar i { display: block; height: 100%; background: var(--accent); print-color-adjust: exact; -webkit-print-color-adjust: exact; }

.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(440px, 100%), 1fr)); gap: 32px 40px; }
.chart figcaption { margin: 0 0 6px; color: var(--ink); font-size: 15px; font-weight: 600; }
.chart svg { display: block; width: 100%; height: auto; overflow: visible; }
.chart text { fill: var(--soft); font-size: 12.5px; }
.grid { stroke: var(--line); }
.axis, .tick { stroke: var(--strong); }
.part { margin-bottom: 24px; }
.square { width: min(100%, 320px); }
.point { fill-opacity: .35; stroke: none; }
.point.line0 { fill: var(--line0); } .point.line1 { fill: var(--line1); }
.line { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
.line0 { stroke: var(--line0); background: var(--line0); } .line1 { stroke: var(--line1); background: var(--line1); }
.line2 { stroke: var(--line2); background: var(--line2); } .line3 { stroke: var(--line3); background: var(--line3); }
.key { display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 6px 0 0; padding: 0; list-style: none; font-size: 13px; color: var(--soft); }
.stroke { display: inline-block; width: 16px; height: 3px; margin-right: 8px; border-radius: 2px; vertical-align: 4px; }

.notes { margin: 0; padding-left: 20px; max-width: 74ch; overflow-wrap: anywhere; }
.notes li + li { margin-top: 6px; }
.beside { display: flex; flex-wrap: wrap; gap: 24px 56px; align-items: flex-start; }
.beside figure { width: min(100%, 520px * var(--aspect)); }
.below { display: grid; gap: 24px; }
.columns { display: flex; flex-wrap: wrap; gap: 24px 72px; align-items: flex-start; }
.values { font-size: 15px; }
.values caption { margin-bottom: 4px; text-align: left; color: var(--soft); font-size: 13px; }
.values th { padding-right: 32px; }
.values td { padding-right: 0; }
pre {
  margin: 0; padding: 16px 20px; background: var(--card); border-radius: 6px; overflow-x: auto;
  font: 13px/1.55 ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace;
}
.command { white-space: pre-wrap; overflow-wrap: anywhere; }
code { font: 0.9em ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; }

@media (max-width: 720px) {
  body { padding: 28px 16px 48px; }
  h1 { font-size: 26px; }
  .figures { grid-template-columns: repeat(min(var(--columns), 2), minmax(0, 1fr)); gap: 16px; }
  th, td { padding: 6px 8px; }
  .methods { font-size: 15px; }
  .methods th, .methods td { padding: 8px; }
  .methods .own > * { font-size: 16px; }
  .bar { display: none; }
}
@media print {
  :root {
    --paper: #fff; --card: #f5f5f2; --ink: #000; --soft: #555; --line: #ddd; --strong: #aaa;
    --accent: #0f6b73; --hit: #8fd0bb; --miss: #f2a58e; --line0: #0f6b73; --line1: #c2571a; --line2: #6b4fa0; --line3: #4d7a22;
  }
  body { max-width: none; padding: 0; font-size: 11pt; }
  section { margin-top: 24px; padding-top: 14px; }
  figure, table, tr { break-inside: avoid; }
  h2, h2 + p { break-after: avoid; }
  .charts { grid-template-columns: 1fr 1fr; }
  .beside { flex-wrap: nowrap; gap: 24px; }
  .beside figure { flex: none; width: min(48%, 360px * var(--aspect)); }
  .beside table { font-size: 13px; }
  .beside th, .beside td { padding: 4px 8px; }
  .beside th:first-child { padding-left: 0; }
  pre { white-space: pre-wrap; font-size: 8pt; }
  .scroll { overflow: visible; }
}
`;
