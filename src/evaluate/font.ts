/**
 * @file A small proportional bitmap font for pictures, drawn for this project: printable ASCII, common signs, and Latin
 * letters with accents, which are put together from a letter and a mark. A sign that it lacks shows as a box.
 */

/**
 * Pairs of a sign and its rows, top first: one base-32 digit a row, its five bits the pixels from left to right.
 * Capitals stand in rows 0–6, small letters in rows 2–6, tails in rows 7–8; rows that are not given are empty.
 */
const signs = `
  ! ggggg0g " kkk # aavavaa $ 4fke5u4 % op248j3 & cik8lid ' ggg ( 48ggg84 ) g84448g * 04lel4 + 044v44 , 0000088g
  - 000s . 000000g / 11248gg 0 ehjlphe 1 4c4444e 2 eh1248v 3 v2421he 4 26aiv22 5 vgu11he 6 68guhhe 7 v124888
  8 ehhehhe 9 ehhf12c : 00g000g ; 00800088g < 248g842 = 00v0v > g84248g ? eh12404 @ eh1dlle A ehhvhhh B uhhuhhu
  C ehggghe D uhhhhhu E vggugge F vggugg G ehgnhhf H hhhvhhh I s88888s J 72222ic K hikokih L ggggggv M hrllhhh
  N hhpljhh O ehhhhhe P uhhuggg Q ehhhlid R uhhukih S fgge11u T v444444 U hhhhhhe V hhhhha4 W hhhllla X hha4ahh
  Y hhha444 Z v1248gv [ sgggggs \\ gg84211 ] s44444s ^ 4ah _ 0000000v \` g8 a 00e1fhf b ggmphhu c 00egghe
  d 11djhhf e 00ehvge f 698s888 g 00fhhhf1e h ggmphhh i g0ggggg j 4044444k8 k ggikoki l ggggggg m 00qllll
  n 00mphhh o 00ehhhe p 00uhhhugg q 00fhhhf11 r 00mpggg s 00fge1u t 88s8896 u 00hhhjd v 00hhha4 w 00hhlla
  x 00ha4ah y 00hhhhf1e z 00v248v { 6448446 | ggggggggg } c44244c ~ 008l2 · 000g – 000v — 000v … 000000l ° 4a4
  × 00ha4ah ² ci24u µ 00hhhpmgg ß ciikiik Æ fkkukkn æ 00q5fke Ø ejjlppe ø 00ejlpe Œ fkknkkf œ 00almka Ł 88aco8f
  ł 446c444 Đ uhhthhu đ 171djhf ı 00ggggg ’ ggg ‘ ggg “ kkk ” kkk`;

/** Marks above a letter, top row first, and those below it, as Unicode's combining signs. */
const marksAbove: Readonly<Record<string, string>> = {
  "\u0300": "84",
  "\u0301": "48",
  "\u0302": "4a",
  "\u0303": "dm",
  "\u0304": "e",
  "\u0306": "ae",
  "\u0307": "4",
  "\u0308": "a",
  "\u030a": "4a4",
  "\u030b": "9i",
  "\u030c": "a4",
};
const marksBelow: Readonly<Record<string, string>> = { "\u0327": "48", "\u0328": "86" };

const unknown = "vhhhhhv";
const spaceWidth = 3;

/** Rows from the top of a line to the top of capitals, where the marks of capitals stand. */
const ascent = 4;

/** Height of a line of text, marks and tails included, in pixels of the font. */
export const lineHeight: number = ascent + 9 + 1;

/** A sign as pixels: `rows[r]` holds those of row r of the line, bit `width − 1` the leftmost. */
interface Glyph {
  readonly width: number;
  readonly rows: readonly number[];
}

const drawn = new Map<string, Glyph>();
{
  const words = signs.trim().split(/\s+/);
  for (let at = 0; at < words.length; at += 2) drawn.set(words[at]!, glyphOf(rowsOf(words[at + 1]!)));
}
// All digits are equally wide, so that columns of numbers align.
drawn.set("1", { width: 5, rows: drawn.get("1")!.rows.map((row) => row << 1) });
drawn.set(" ", { width: spaceWidth, rows: [] });
drawn.set("\u00a0", { width: spaceWidth, rows: [] });

function rowsOf(digits: string, top = ascent): number[] {
  return [...new Array<number>(top).fill(0), ...[...digits].map((digit) => Number.parseInt(digit, 32))];
}

/** Cut empty columns at both sides off five-bit rows. */
function glyphOf(rows: readonly number[]): Glyph {
  const used = rows.reduce((bits, row) => bits | row, 0);
  const right = Math.max(0, 31 - Math.clz32(used & -used));
  return { width: 32 - Math.clz32(used) - right, rows: rows.map((row) => row >>> right) };
}

function glyph(sign: string): Glyph {
  const known = drawn.get(sign);
  if (known !== undefined) return known;
  const made = composed(sign) ?? glyphOf(rowsOf(unknown));
  drawn.set(sign, made);
  return made;
}

/** A letter with marks, from its parts; null where a part is not drawn. */
function composed(sign: string): Glyph | null {
  const [letter, ...marks] = sign.normalize("NFD");
  const base = drawn.get(letter === "i" ? "ı" : letter!);
  if (base === undefined || marks.length === 0) return null;
  let rows = Array.from({ length: ascent + 9 }, (_, row) => base.rows[row] ?? 0);
  let width = base.width;
  for (const mark of marks) {
    const digits = marksAbove[mark] ?? marksBelow[mark];
    if (digits === undefined) return null;
    const { width: markWidth, rows: markRows } = glyphOf(rowsOf(digits, 0));
    // A mark wider than its letter (ï) widens the sign.
    const wider = Math.max(0, markWidth - width);
    rows = rows.map((row) => row << (wider >> 1));
    width += wider;
    const top = base.rows.findIndex((row) => row !== 0);
    const from = mark in marksBelow ? ascent + 7 : top - 1 - markRows.length;
    markRows.forEach((row, index) => {
      rows[from + index]! |= row << ((width - markWidth) >> 1);
    });
  }
  return { width, rows };
}

/** A line of text as pixels of the font, 1 = ink, `[lineHeight, width]`. */
export interface Lettering {
  readonly width: number;
  readonly ink: Uint8Array;
}

/** Set a line of text; line breaks and tabs count as spaces. */
export function lettering(text: string): Lettering {
  const glyphs = [...text.normalize("NFC").replace(/\s/gu, " ")].map(glyph);
  const width = glyphs.reduce((total, each) => total + each.width + 1, 0);
  const ink = new Uint8Array(lineHeight * width);
  let left = 0;
  for (const { width: glyphWidth, rows } of glyphs) {
    rows.forEach((bits, row) => {
      for (let col = 0; col < glyphWidth; col++) ink[row * width + left + col] = (bits >>> (glyphWidth - 1 - col)) & 1;
    });
    left += glyphWidth + 1;
  }
  return { width, ink };
}
