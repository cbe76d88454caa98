// Times as people say them, in the zone of this computer.

import { language, t } from "./words.js";

const format = (options) => new Intl.DateTimeFormat(language() === "en" ? "en-GB" : language(), options);
const sameDay = (one, other) => one.toDateString() === other.toDateString();

// "14:05".
export const clock = (time) => format({ hour: "2-digit", minute: "2-digit" }).format(new Date(time));

// "today", "yesterday", "3 May 2026".
export function day(time) {
  const then = new Date(time);
  const yesterday = new Date();
  yesterday.setDate(yesterday.getDate() - 1);
  if (sameDay(then, new Date())) return t("time.today");
  if (sameDay(then, yesterday)) return t("time.yesterday");
  return format({ day: "numeric", month: "long", year: "numeric" }).format(then);
}

// "today at 14:05".
export const moment = (time) => t("time.at", { day: day(time), clock: clock(time) });

// "in 20 s", "in 4 min": for what is tried again.
export function until(time) {
  const seconds = Math.max(0, Math.round((new Date(time) - Date.now()) / 1000));
  if (seconds === 0) return t("time.now");
  return seconds < 90 ? t("time.in-seconds", { n: seconds }) : t("time.in-minutes", { n: Math.round(seconds / 60) });
}

// A day of the chart ("2026-05-03") as one reads it.
export const shortDay = (text) =>
  format({ day: "numeric", month: "short", timeZone: "UTC" }).format(new Date(`${text}T00:00:00Z`));
