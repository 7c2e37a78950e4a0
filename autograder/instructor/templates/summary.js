"use strict";
(() => {
  const table = document.getElementById("class-table");
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const compare = new Intl.Collator(document.documentElement.lang, { numeric: true }).compare;
  const value = (row, column) => row.cells[column].dataset.value ?? row.cells[column].textContent;
  const headers = Array.from(table.tHead.rows[0].cells);

  const sort = (column, header) => {
    const direction = header.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    headers.forEach((other) => other.removeAttribute("aria-sort"));
    header.setAttribute("aria-sort", direction === 1 ? "ascending" : "descending");
    const numeric = header.classList.contains("number");
    const keyed = rows.map((row) => [numeric ? Number(value(row, column)) : value(row, column), row]);
    keyed.sort(([a], [b]) => direction * (numeric ? a - b : compare(a, b)));
    body.append(...keyed.map(([, row]) => row));
  };

  headers.forEach((header, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    button.addEventListener("click", () => sort(column, header));
    header.append(button);
  });

  const input = document.getElementById("filter");
  const names = rows.map((row) => row.cells[0].textContent.toLowerCase());
  input.parentElement.hidden = false;
  input.addEventListener("input", () => {
    const wanted = input.value.trim().toLowerCase();
    rows.forEach((row, index) => { row.hidden = !names[index].includes(wanted); });
  });
})();
