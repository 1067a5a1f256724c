/* Numbers and cells as text, and rows as CSV. */
"use strict";

const MINUS = "\u2212";

/** A number with a few significant digits, for reading. */
function shown(value, digits = 4) {
  if (value === null || value === undefined) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-3) {
    if (Number.isInteger(value) && size < 1e12) return value.toLocaleString("en").replace("-", MINUS);
    const [digitsPart, power] = value.toExponential(digits - 1).split("e");
    return `${Number(digitsPart)}e${Number(power)}`.replaceAll("-", MINUS);
  }
  if (Number.isInteger(value)) return value.toLocaleString("en").replace("-", MINUS);
  return value.toLocaleString("en", { maximumSignificantDigits: Math.max(digits, Math.ceil(Math.log10(size))) }).replace("-", MINUS);
}

/** A share as a percentage. */
function percent(share) {
  const value = 100 * share;
  if (value === 0 || value === 100) return `${value}%`;
  return value < 0.1 || value > 99.9 ? `${value.toPrecision(value < 1 ? 2 : 5)}%` : `${value.toFixed(1)}%`;
}

/** A cell of the table as text. */
function cellText(value) {
  if (value === null || value === undefined) return "";
  return typeof value === "number" ? shown(value, 6) : String(value);
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** A CSV field: numbers stay numbers; text that a spreadsheet would run as a formula gets an apostrophe before it. */
function csvField(value) {
  if (value === null || value === undefined) return "";
  if (typeof value !== "string") return String(value);
  const text = /^[=+\-@\t\r\n＝＋－＠]/.test(value) && !NUMBER.test(value) ? `'${value}` : value;
  return /[",;\r\n\t]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Lines of fields as a CSV file that spreadsheets take for UTF-8. */
function csvFile(lines) {
  return "\ufeff" + lines.map((line) => line.map(csvField).join(",") + "\r\n").join("");
}

/** An element with text, which is never markup. */
function element(tag, text, attributes = {}) {
  const made = document.createElement(tag);
  if (text !== undefined && text !== null) made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}
