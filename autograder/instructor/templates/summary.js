"use strict";
(() => {
  const PATIENCE = 150; // milliseconds after the last key before a search
  const table = document.getElementById("class-table");
  const [body, ...rest] = table.tBodies;
  const rows = Array.from(table.rows).slice(1);
  const headers = Array.from(table.tHead.rows[0].cells);
  const input = document.getElementById("filter");
  const pager = document.getElementById("pager");
  const status = document.getElementById("found");
  const lang = document.documentElement.lang;
  const compare = new Intl.Collator(lang, { numeric: true }).compare;
  const count = new Intl.NumberFormat(lang, { useGrouping: lang === "ru" ? "min2" : true }).format; // as `messages.count`
  const size = pager ? Number(pager.dataset.size) : rows.length;
  const state = { ordered: rows, found: rows, start: 0 };
  rest.forEach((part) => part.remove());

  const fill = (phrase, values) => phrase.replace(/\{(\w+)\}/g, (_, name) => count(values[name]));

  const tell = () => {
    const number = state.found.length;
    const low = state.start + 1;
    const high = Math.min(state.start + size, number);
    if (status) status.textContent = fill(number ? status.dataset.found : status.dataset.none, { number, low, high, all: rows.length });
    if (!pager) return;
    const [back, on] = pager.querySelectorAll("button");
    pager.hidden = number <= size;
    back.setAttribute("aria-disabled", String(state.start === 0));
    on.setAttribute("aria-disabled", String(high >= number));
  };

  const show = (start) => {
    state.start = start;
    body.replaceChildren(...state.found.slice(start, start + size));
    tell();
  };

  const value = (row, column) => row.cells[column].dataset.value ?? row.cells[column].textContent;
  const number = (text) => (Number.isNaN(Number(text)) ? -Infinity : Number(text));
  const keys = headers.map(() => null);
  const keysOf = (column) => {
    const numeric = headers[column].classList.contains("number");
    keys[column] ??= new Map(rows.map((row) => [row, numeric ? number(value(row, column)) : value(row, column)]));
    return [keys[column], numeric ? (a, b) => Number(a > b) - Number(a < b) : compare];
  };

  const sort = (column) => {
    const header = headers[column];
    const direction = header.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    headers.forEach((other) => other.removeAttribute("aria-sort"));
    header.setAttribute("aria-sort", direction === 1 ? "ascending" : "descending");
    const [key, order] = keysOf(column);
    state.ordered = rows.slice().sort((a, b) => direction * order(key.get(a), key.get(b)));
    search();
  };

  headers.forEach((header, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    button.addEventListener("click", () => sort(column));
    header.append(button);
  });

  const options = Array.from(document.querySelectorAll("#checks option"));
  const titles = options.map((option) => option.value.toLowerCase());
  const mistakes = (row) => (row.dataset.failed ? row.dataset.failed.split(" ").map((place) => titles[place]) : []);
  const words = (row) => [row.cells[0], ...row.querySelectorAll(".status")].map((cell) => cell.textContent.toLowerCase());
  let texts = null;

  const search = () => {
    const wanted = input.value.trim().toLowerCase();
    texts ??= new Map(rows.map((row) => [row, [...words(row), ...mistakes(row)].join("\n")]));
    state.found = wanted ? state.ordered.filter((row) => texts.get(row).includes(wanted)) : state.ordered;
    show(0);
  };

  let waiting = 0;
  input.parentElement.hidden = false;
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(search, PATIENCE);
  });

  document.querySelectorAll("[data-mistake]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => {
      input.value = button.dataset.mistake;
      search();
      input.focus();
    });
  });

  if (pager) {
    pager.querySelectorAll("button").forEach((button, place) => {
      button.addEventListener("click", () => {
        if (button.getAttribute("aria-disabled") !== "true") show(state.start + (place ? size : -size));
      });
    });
  }
  const hint = document.getElementById("sideways");
  const box = table.parentElement;
  const measure = () => {
    if (hint) hint.hidden = box.scrollWidth <= box.clientWidth;
  };
  window.addEventListener("resize", measure);
  window.addEventListener("beforeprint", () => body.replaceChildren(...state.found));
  window.addEventListener("afterprint", () => show(state.start));
  tell();
  measure();
})();
