// One bar for both limits: left of the mark what you owe, right of it what is owed to you, full where no more goes.

import { html } from "../html.js";
import { isBelow, isZero } from "../amounts.js";
import { t } from "../words.js";
import { money } from "./money.js";

const WIDTH = 1000;
const part = (value, whole) => (whole === 0n ? 0 : Number((BigInt(value) * 10000n) / whole) / 10000);

export function Span({ line, name }) {
  const { currency, balance, may_owe: right, may_owe_them: left } = line;
  const now = BigInt(balance);
  const below = isBelow(balance);
  const size = below ? -now : now;
  // A side whose limit is not known, or was lowered below what is owed, is as wide as what is owed.
  const widest = (limit, used) => (BigInt(limit ?? "0") > used ? BigInt(limit ?? "0") : used);
  const sides = { left: widest(left, below ? size : 0n), right: widest(right, below ? 0n : size) };
  const whole = sides.left + sides.right;
  const zero = whole === 0n ? WIDTH / 2 : WIDTH * part(sides.left, whole);
  const used = WIDTH * part(size, whole);
  return html`
    <div class="span">
      <svg viewBox=${`0 0 ${WIDTH} 28`} preserveAspectRatio="none" aria-hidden="true">
        <rect class="rail" x="0" y="8" width=${WIDTH} height="12" />
        ${!isZero(balance) && html`<rect class=${`used ${below ? "owe" : "owed"}`} x=${below ? zero - used : zero} y="8" width=${used} height="12" />`}
        <line class="zero" x1=${zero} y1="2" x2=${zero} y2="26" vector-effect="non-scaling-stroke" />
      </svg>
      <div class="ends">
        <span>${left === null ? t("limit.you-unknown", { name }) : t("limit.you-up-to", { amount: money(left, currency) })}</span>
        <span>${t("limit.they-up-to", { name, amount: money(right, currency) })}</span>
      </div>
    </div>
  `;
}
