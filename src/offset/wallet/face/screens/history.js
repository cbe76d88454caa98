// What happened: searched by word and day, with the balance after each row, as a chart and as a file.

import { useEffect, useRef, useState } from "preact/hooks";
import { at, blob, get } from "../api.js";
import { html } from "../html.js";
import { Chart } from "../parts/chart.js";
import { Act, Field, Form } from "../parts/fields.js";
import { save } from "../parts/giver.js";
import { HistoryItem } from "../parts/history-row.js";
import { Empty, Trouble } from "../parts/notice.js";
import { Bones, Screen, useAsked } from "../parts/screen.js";
import { place } from "../router.js";
import { card, currency, historyCount } from "../state.js";
import { day } from "../times.js";
import { t } from "../words.js";

const PAUSE = 250;

// Rows under their days, in order.
function byDay(rows) {
  const days = [];
  for (const row of rows) {
    const name = day(row.at);
    if (days.at(-1)?.name !== name) days.push({ name, rows: [] });
    days.at(-1).rows.push(row);
  }
  return days;
}

const capital = (text) => text.charAt(0).toLocaleUpperCase() + text.slice(1);

// What was typed, once nobody types any more.
function useSettled(value) {
  const [settled, set] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => set(value), PAUSE);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

const queryOf = (words, more = {}) =>
  new URLSearchParams(Object.entries({ ...words, ...more }).filter(([, value]) => value)).toString();

function Over() {
  const unit = currency.value;
  const { data } = useAsked(
    async () => (unit ? get(`${at(card.value.id, "chart")}?${queryOf({ currency: unit })}`) : []),
    [card.value?.id, unit, historyCount.value],
  );
  const points = data?.points ?? data;
  if (!points) return html`<${Bones} lines=${1} height=${210} />`;
  return points.length > 1 ? html`<${Chart} points=${points} currency=${unit} />` : null;
}

export default function History() {
  const [q, setQ] = useState("");
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const [rows, setRows] = useState(null);
  const [after, setAfter] = useState(null);
  const [problem, failed] = useState(null);
  const asked = useSettled(JSON.stringify({ q: q.trim(), from, to }));
  const words = { ...JSON.parse(asked), currency: currency.value };
  const path = at(card.value.id, "history");
  const newest = useRef(0);

  useEffect(() => {
    const mine = (newest.current += 1);
    get(`${path}?${queryOf(words)}`).then(
      (page) => {
        if (mine !== newest.current) return;
        setRows(page.rows);
        setAfter(page.after);
        failed(null);
      },
      (found) => mine === newest.current && failed(found),
    );
  }, [asked, card.value?.id, currency.value, historyCount.value]);

  async function more() {
    const page = await get(`${path}?${queryOf(words, { after })}`);
    setRows([...rows, ...page.rows]);
    setAfter(page.after);
  }
  const csv = async () => save(`${card.value.name}.csv`, await blob(`${path}.csv?${queryOf(words)}`), "text/csv");
  const sought = words.q || words.from || words.to;
  return html`
    <${Screen} title=${t("places.history")}>
      <div class="stack">
        <${Over} />
        <${Form}>
          <${Field} label=${t("history.search")} hint=${t("history.search-hint")} type="search" value=${q} onInput=${setQ} />
          <details>
            <summary>${t("history.days")}</summary>
            <div class="two">
              <${Field} label=${t("history.from")} type="date" value=${from} onInput=${setFrom} />
              <${Field} label=${t("history.to")} type="date" value=${to} onInput=${setTo} />
            </div>
          </details>
        <//>
        <${Trouble} problem=${problem} />
        ${!rows
          ? !problem && html`<${Bones} lines=${6} />`
          : !rows.length
            ? sought
              ? html`<p class="soft" role="status">${t("history.nothing-found")}</p>`
              : html`<${Empty} icon="history" title=${t("history.nothing")}
                  actions=${html`<a class="button" href=${place("get-paid")}>${t("home.get")}</a><a class="button quiet" href=${place("pay")}>${t("home.pay")}</a>`}>
                  ${t("history.nothing-text")}<//>`
            : html`
                <div class="history">
                  ${byDay(rows).map(
                    ({ name, rows: some }) => html`
                      <h2 class="day">${capital(name)}</h2>
                      <ul class="list">${some.map((row) => html`<li key=${row.id}><${HistoryItem} row=${row} /></li>`)}</ul>
                    `,
                  )}
                </div>
                <div class="actions wide">
                  ${after !== null && html`<${Act} class="quiet" does=${more} failed=${failed}>${t("history.more")}<//>`}
                  <${Act} class="quiet" icon="save" does=${csv} failed=${failed}>${t("history.csv")}<//>
                </div>
              `}
      </div>
    <//>
  `;
}
