// The balance over the last days as a small picture, drawn here: home needs no library for it.

import { html } from "../html.js";
import { at, get } from "../api.js";
import { place } from "../router.js";
import { card, currency, historyCount } from "../state.js";
import { t } from "../words.js";
import { useAsked } from "./screen.js";

const DAYS = 60;
const WIDTH = 600;
const HEIGHT = 96;
const FRAME = 6;

// The days that are shown, each with its balance: a day without a row has that of the day before.
function filled(points) {
  const known = new Map(points.map((point) => [point.day, BigInt(point.balance)]));
  const last = Date.parse(`${points.at(-1).day}T00:00:00Z`);
  const first = last - (DAYS - 1) * 86400000;
  const before = points.filter((point) => Date.parse(`${point.day}T00:00:00Z`) < first).at(-1);
  let now = BigInt(before?.balance ?? "0");
  return Array.from({ length: DAYS }, (_, number) => {
    now = known.get(new Date(first + number * 86400000).toISOString().slice(0, 10)) ?? now;
    return now;
  });
}

// `hidden`: asked for, and not shown before what stands above it.
export function Spark({ hidden }) {
  const unit = currency.value;
  const { data } = useAsked(
    async () => (unit ? get(`${at(card.value.id, "chart")}?${new URLSearchParams({ currency: unit })}`) : []),
    [card.value?.id, unit, historyCount.value],
  );
  if (hidden || !data || data.length < 2) return null;
  const values = filled(data);
  const all = [0n, ...values];
  const [low, high] = [all.reduce((a, b) => (a < b ? a : b)), all.reduce((a, b) => (a > b ? a : b))];
  const whole = high === low ? 1n : high - low;
  const y = (value) => FRAME + (Number(((high - value) * 10000n) / whole) / 10000) * (HEIGHT - 2 * FRAME);
  const step = WIDTH / (values.length - 1);
  const path = values.map((value, number) => `${number ? "L" : "M"}${(number * step).toFixed(1)} ${y(value).toFixed(1)}`).join("");
  return html`
    <section class="stack tight spark" aria-labelledby="home-days">
      <div class="head">
        <h2 id="home-days">${t("home.days", { n: DAYS })}</h2>
        <a class="button plain" href=${place("history")}>${t("places.history")}</a>
      </div>
      <svg viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        <path class="area" d=${`${path}L${WIDTH} ${y(0n)}L0 ${y(0n)}Z`} />
        <line class="zero" x1="0" x2=${WIDTH} y1=${y(0n)} y2=${y(0n)} />
        <path class="line" d=${path} />
      </svg>
    </section>
  `;
}
