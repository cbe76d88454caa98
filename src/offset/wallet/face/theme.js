// Light, dark, or as the computer has it; kept in this browser only.

import { effect, signal } from "@preact/signals";

const NAME = "offset-theme";

export const theme = signal(localStorage.getItem(NAME) ?? "auto");

export function chooseTheme(name) {
  localStorage.setItem(NAME, name);
  theme.value = name;
}

export const followTheme = () =>
  effect(() => {
    if (theme.value === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme.value;
  });
