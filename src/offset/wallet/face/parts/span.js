// One bar for both limits: left of the mark what you owe, right of it what is owed to you, full where no more goes.

import { html } from "../html.js";
import { isBelow, isZero } from "../amounts.js";
import { t } from "../words.js";
import { money } from "./money.js";

const WIDTH = 1000;
const part = (value, whole) => (whole === 0n ? 0 : Number((BigInt(value) * 10000n) / whole) / 10000);

export function Span({ line, name }) {
  const { currency, balance, may_owe: right, may_owe_them: left } = line;
  const most = BigInt(right) > BigInt(left ?? "0") ? BigInt(right) : BigInt(left ?? "0");
  const largest = most > 0n ? most : 1n;
  // Both halves have the same scale, so that one sees at once which limit is the wider one.
  const middle = WIDTH / 2;
  const half = WIDTH / 2 - 2;
  const reach = { left: half * part(left ?? "0", largest), right: half * part(right, largest) };
  const now = BigInt(balance);
  const used = Math.min(half, half * part(now < 0n ? -now : now, largest));
  const below = isBelow(balance);
  return html`
    <div class="span">
      <svg viewBox=${`0 0 ${WIDTH} 28`} preserveAspectRatio="none" aria-hidden="true">
        <rect class="rail" x=${middle - reach.left} y="8" width=${reach.left + reach.right} height="12" />
        ${!isZero(balance) &&
        html`<rect class=${`used ${below ? "owe" : "owed"}`} x=${below ? middle - used : middle} y="8" width=${used} height="12" />`}
        <line class="zero" x1=${middle} y1="2" x2=${middle} y2="26" vector-effect="non-scaling-stroke" />
      </svg>
      <div class="ends">
        <span>${left === null ? t("limit.you-unknown", { name }) : t("limit.you-up-to", { amount: money(left, currency) })}</span>
        <span>${t("limit.they-up-to", { name, amount: money(right, currency) })}</span>
      </div>
    </div>
  `;
}
