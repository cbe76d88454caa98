// The balance over the days as a line, with the same as a table for those who do not see it.

import { useEffect, useRef, useState } from "preact/hooks";
import { html } from "../html.js";
import { isZero, shown } from "../amounts.js";
import { view } from "../state.js";
import { shortDay } from "../times.js";
import { t } from "../words.js";
import { Amount, money } from "./money.js";

const HEIGHT = 210;
const TABLE_MAX = 60;

// Only for drawing: a picture needs no more digits than a number has.
const drawn = (value, decimals) => Number(shown(value, decimals).replace("\u2212", "-").replaceAll("\u202f", ""));
const colour = (name) => {
  const probe = document.createElement("i");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
};

let sheet = null;
function styles() {
  sheet ??= new Promise((loaded) => {
    const link = Object.assign(document.createElement("link"), {
      rel: "stylesheet",
      href: new URL("../vendor/uplot.css", import.meta.url).href,
      onload: loaded,
    });
    document.head.append(link);
  });
  return sheet;
}

export function Chart({ points, currency }) {
  const box = useRef();
  const [dark, setDark] = useState(0);
  const { decimals } = view(currency);
  useEffect(() => {
    const media = matchMedia("(prefers-color-scheme: dark)");
    const turned = () => setDark((count) => count + 1);
    media.addEventListener("change", turned);
    return () => media.removeEventListener("change", turned);
  }, []);
  useEffect(() => {
    let plot = null;
    let over = false;
    let sized = null;
    Promise.all([import("uplot"), styles()]).then(([{ default: UPlot }]) => {
      if (over || !box.current) return;
      const days = points.map((point) => Date.parse(`${point.day}T00:00:00Z`) / 1000);
      const axis = { stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
      const font = `12px ${getComputedStyle(document.body).fontFamily}`;
      plot = new UPlot(
        {
          width: box.current.clientWidth,
          height: HEIGHT,
          legend: { show: false },
          cursor: { show: false },
          padding: [8, 24, 0, 0],
          tzDate: (seconds) => UPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
          axes: [
            {
              ...axis, font, space: 76, grid: { show: false },
              values: (_, ticks) => ticks.map((tick) => shortDay(new Date(tick * 1000).toISOString().slice(0, 10))),
            },
            { ...axis, font, size: 56, space: 38, values: (_, ticks) => ticks.map((tick) => String(tick).replace("-", "\u2212")) },
          ],
          series: [
            {},
            {
              stroke: colour("--accent"), width: 2, fill: colour("--tint"), fillTo: 0, points: { show: false },
              paths: UPlot.paths.stepped({ align: 1 }),
            },
          ],
        },
        [days, points.map((point) => drawn(point.balance, decimals))],
        box.current,
      );
      sized = new ResizeObserver(([seen]) => plot.setSize({ width: seen.contentRect.width, height: HEIGHT }));
      sized.observe(box.current);
    });
    return () => {
      over = true;
      sized?.disconnect();
      plot?.destroy();
    };
  }, [points, currency, dark]);
  const last = points.at(-1);
  const few = points.slice(-TABLE_MAX).reverse();
  return html`
    <figure class="stack tight">
      <div class="chart" ref=${box} role="img"
        aria-label=${last ? t("chart.label", { n: points.length, amount: money(last.balance, currency, "always") }) : ""}></div>
      <details>
        <summary>${t("chart.table")}</summary>
        <table>
          <thead><tr><th scope="col">${t("chart.day")}</th><th scope="col">${t("chart.balance")}</th></tr></thead>
          <tbody>
            ${few.map(
              (point) => html`
                <tr>
                  <td>${shortDay(point.day)}</td>
                  <td><${Amount} value=${point.balance} currency=${currency} signed toned=${!isZero(point.balance)} /></td>
                </tr>
              `,
            )}
          </tbody>
        </table>
      </details>
    </figure>
  `;
}
