// A matrix whose cells and headers are chosen by mouse, finger or keyboard.
import { make, dress } from "./dom.js";
import { shade } from "./colours.js";

const LONG = 18; // letters of a name where there are many
const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

// `titles` name what rows and columns are; `headers` says whether they can be chosen
// too. `pick(row, column)` is told what was chosen, -1 for a header's missing place.
export function grid({ height, width, titles, headers, pick }) {
  let at = null; // the place that Tab leads to
  const look = headers ? ["", "media", "media densa"][(height > 12) + (height > 40)] : "pequena";
  const cut = (word) => (look && word.length > LONG ? `${word.slice(0, LONG)}…` : word);
  const placeOf = ({ dataset: { row, column } }) => [Number(row), Number(column)];
  const range = (n) => [...Array(n).keys()];
  const header = (role) => (row, column) => make("th", { role, class: "nombre",
    ...(headers ? { tabindex: -1, "data-row": row, "data-column": column } : {}) });
  const rowHeads = range(height).map((r) => header("rowheader")(r, -1));
  const columnHeads = range(width).map((c) => header("columnheader")(-1, c));
  const cells = range(height).map((r) => range(width).map((c) => make("td", {
    role: "gridcell", class: "celda", tabindex: -1, "data-row": r, "data-column": c })));
  const table = make("table", { role: "grid", onkeydown: move, onclick: ({ target }) => {
    const here = target.closest("[data-row]");
    if (here) choose(...placeOf(here));
  }, class: `matriz ${look}` },
  make("thead", { role: "rowgroup" }, make("tr", { role: "row" },
    make("td", { role: "gridcell" }), ...columnHeads)),
  make("tbody", { role: "rowgroup" }, ...cells.map((line, r) =>
    make("tr", { role: "row" }, rowHeads[r], ...line))));
  const box = make("div", { class: "caja", role: "region", tabindex: 0 }, table);
  const element = make("div", {}, make("p", { class: "nota ejes", "aria-hidden": "true" },
    make("span", {}, `↓ ${titles[0]}`), make("span", {}, `→ ${titles[1]}`)), box);

  function choose(...place) {
    reach(...place);
    pick(...place);
  }

  function reach(row, column) {
    const next = table.querySelector(`[data-row="${row}"][data-column="${column}"]`);
    if (!next) return null;
    if (at) at.tabIndex = -1;
    next.tabIndex = 0;
    return (at = next);
  }

  function move(event) {
    const [row, column] = placeOf(event.target);
    const [down, right] = ARROWS[event.key] ?? [];
    const to = { Home: [row, 0], End: [row, width - 1] }[event.key]
      ?? (ARROWS[event.key] && [row + down, column + right]);
    if (event.key === "Enter" || event.key === " ") choose(row, column);
    else if (to) reach(...to)?.focus();
    else return;
    event.preventDefault();
  }

  // `cells` has a {text, label, share} for each cell, row after row.
  function show({ label, rows, columns, cells: values, selected }) {
    table.setAttribute("aria-label", label);
    box.setAttribute("aria-label", `${label}: la tabla se desplaza`);
    const name = (heads, words, title) => heads.forEach((head, i) => {
      head.textContent = cut(head.title = words[i]);
      if (headers) head.setAttribute("aria-label", `${title} ${words[i]}: todas`);
    });
    name(rowHeads, rows, titles[0]);
    name(columnHeads, columns, titles[1]);
    cells.flat().forEach((cell, i) => {
      cell.textContent = values[i].text;
      cell.title = values[i].label;
      cell.setAttribute("aria-label", values[i].label);
      dress(cell, shade(values[i].share));
    });
    for (const spot of table.querySelectorAll("[data-row]"))
      spot.setAttribute("aria-selected", `${placeOf(spot)}` === `${selected}`);
  }

  reach(0, 0);
  return { element, show };
}
