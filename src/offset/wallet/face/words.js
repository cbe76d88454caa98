// All words of the page come from one table. `t("pay.title")` gives a sentence, values in braces are filled in.

let table = {};
let plural = new Intl.PluralRules("en");
let chosen = "en";
export const language = () => chosen;

// Loads words/<language>.json; the page shows nothing before that.
export async function loadWords(wanted) {
  const answer = await fetch(new URL(`words/${wanted}.json`, import.meta.url));
  if (!answer.ok) throw new Error(`words/${wanted}.json: ${answer.status}`);
  table = await answer.json();
  chosen = wanted;
  plural = new Intl.PluralRules(wanted);
  document.documentElement.lang = wanted;
}

// The sentence of a key. A key that is missing shows itself, so that nobody overlooks it.
export function t(key, values = {}) {
  let text = table[key];
  if (text && typeof text === "object") text = text[plural.select(Number(values.n))] ?? text.other;
  if (text === undefined) return `⟨${key}⟩`;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

// Whether there are words of that key: for states and kinds that a newer wallet may add.
export const has = (key) => key in table;
