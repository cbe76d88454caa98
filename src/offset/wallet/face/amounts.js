// Amounts are whole credits in decimal texts everywhere but on the screen, where a currency has its decimals.

const AMOUNT_MAX = (1n << 128n) - 1n;
const THIN = "\u202f";
const MINUS = "\u2212";

// Digits in groups of three, from four digits on.
const grouped = (digits) => digits.replace(/\B(?=(\d{3})+$)/g, THIN);

// "4000" with two decimals is "40.00"; sign "always" puts + before what is above 0.
export function shown(value, decimals = 0, sign = "negative") {
  const whole = BigInt(value);
  const digits = (whole < 0n ? -whole : whole).toString().padStart(decimals + 1, "0");
  const cut = digits.length - decimals;
  const text = grouped(digits.slice(0, cut)) + (decimals ? `.${digits.slice(cut)}` : "");
  const mark = whole < 0n ? MINUS : whole > 0n && sign === "always" ? "+" : "";
  return (sign === "never" ? "" : mark) + text;
}

// What stands in a field to be changed: no groups, no signs.
export const typed = (value, decimals = 0) =>
  shown(value, decimals, "never").replaceAll(THIN, "").replace(/\.0+$/, "");

// What somebody typed, as whole credits: {value} or {wrong: "empty" | "number" | "decimals" | "zero" | "large"}.
export function parsed(text, decimals = 0, { zero = false } = {}) {
  const plain = text.replace(/[\s\u202f\u00a0'’]/g, "").replace(",", ".");
  if (!plain) return { wrong: "empty" };
  const found = /^(\d{0,60})(?:\.(\d*))?$/.exec(plain);
  if (!found || !(found[1] || found[2])) return { wrong: "number" };
  const [, whole, part = ""] = found;
  if (part.replace(/0+$/, "").length > decimals) return { wrong: "decimals" };
  const value = BigInt((whole || "0") + part.padEnd(decimals, "0").slice(0, decimals));
  if (value > AMOUNT_MAX) return { wrong: "large" };
  if (value === 0n && !zero) return { wrong: "zero" };
  return { value: value.toString() };
}

export const isZero = (value) => BigInt(value) === 0n;
export const isBelow = (value) => BigInt(value) < 0n;
export const size = (value) => (isBelow(value) ? -BigInt(value) : BigInt(value));
export const plus = (...values) => values.reduce((sum, value) => sum + BigInt(value), 0n).toString();
export const minus = (one, other) => (BigInt(one) - BigInt(other)).toString();
export const isMore = (one, other) => BigInt(one) > BigInt(other);
