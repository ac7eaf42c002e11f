// A matrix whose cells are chosen by mouse or keyboard, and the images of one.

const STEPS = {
  ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1],
};

function render({ model, el }) {
  const title = make("h3");
  const note = make("p", { class: "note", role: "status" });
  const controls = make("div", { class: "row" });
  const matrix = make("div");
  const gallery = make("section", { class: "gallery" });
  let at = [0, 0]; // the cell that Tab leads to; -1 is a header

  el.replaceChildren(make("div", { class: "inf", lang: "es" },
    title, controls, note, make("div", { class: "side" }, matrix, gallery)));

  function choose(row, column) {
    at = [row, column];
    const whole = (i) => (i < 0 ? null : i);
    model.send({ cell: [whole(row), whole(column)] });
  }

  function drawControls(list) {
    const held = controls.contains(document.activeElement)
      ? document.activeElement.name : null;
    controls.replaceChildren(...list.map(control));
    if (held) controls.querySelector(`[name="${held}"]`)?.focus();
  }

  function control({ name, label, kind, options, value }) {
    const pick = (chosen) => model.send({ choose: { [name]: chosen } });
    if (kind === "check") {
      const box = make("input", {
        type: "checkbox", name, onchange: () => pick(box.checked) });
      box.checked = value;
      return make("label", {}, box, ` ${label}`);
    }
    const list = make("select", { name, onchange: () => pick(list.value) },
      ...options.map(([v, text]) => make("option", { value: v }, text)));
    list.value = value;
    return make("label", {}, `${label} `, list);
  }

  function drawGrid(grid) {
    const focused = matrix.contains(document.activeElement);
    title.textContent = grid.label;
    const spot = (tag, row, column, about, text) => {
      const [r, c] = grid.selected ?? [];
      const on = grid.selected && (r ?? -1) === row && (c ?? -1) === column;
      return make(tag, { ...about, "data-row": row, "data-column": column,
        class: `${about.class} go${on ? " on" : ""}`,
        "aria-selected": String(Boolean(on)), tabindex: -1,
        onclick: () => choose(row, column) }, text);
    };
    const header = (text, row, column, words) => grid.headers
      ? spot("th", row, column, { class: "name", "aria-label": `${words} ${text}: todas`,
          role: row < 0 ? "columnheader" : "rowheader" }, text)
      : make("th", { class: "name", role: row < 0 ? "columnheader" : "rowheader" }, text);
    const lines = grid.cells.map((cells, row) => make("tr", { role: "row" },
      header(grid.rows[row], row, -1, grid.row_title),
      ...cells.map((cell, column) => spot("td", row, column, {
        class: "cell", role: "gridcell", "aria-label": cell.label, title: cell.label,
        style: { background: cell.background, color: cell.color } }, cell.text))));
    const wide = { class: "axis", colspan: grid.columns.length + 1, role: "presentation" };
    const table = make("table", { role: "grid", "aria-label": grid.label, onkeydown: move },
      make("thead", { role: "rowgroup" },
        make("tr", { role: "presentation" }, make("td", wide, `${grid.column_title} →`)),
        make("tr", { role: "row" },
          make("th", { class: "axis" }, `${grid.row_title} ↓`),
          ...grid.columns.map((text, c) => header(text, -1, c, grid.column_title)))),
      make("tbody", { role: "rowgroup" }, ...lines));
    matrix.replaceChildren(table);
    reach(...at, focused);
  }

  function find(row, column) {
    return matrix.querySelector(`[data-row="${row}"][data-column="${column}"]`);
  }

  function reach(row, column, focus) {
    const next = find(row, column);
    if (!next) return;
    matrix.querySelectorAll('[tabindex="0"]').forEach((e) => (e.tabIndex = -1));
    next.tabIndex = 0;
    at = [row, column];
    if (focus) next.focus();
  }

  function move(event) {
    const here = event.target.closest("[data-row]");
    if (!here) return;
    const [row, column] = [Number(here.dataset.row), Number(here.dataset.column)];
    const ends = { Home: [row, 0], End: [row, model.get("state").grid.columns.length - 1] };
    if (event.key === "Enter" || event.key === " ") choose(row, column);
    else if (STEPS[event.key])
      reach(row + STEPS[event.key][0], column + STEPS[event.key][1], true);
    else if (ends[event.key]) reach(...ends[event.key], true);
    else return;
    event.preventDefault();
    event.stopPropagation(); // a notebook has keys of its own
  }

  function drawGallery({ title: text, note: about, images, page, pages }) {
    const held = gallery.contains(document.activeElement)
      ? document.activeElement.dataset.step : null;
    const turn = (step, label) => {
      const to = page + Number(step);
      return make("button", { type: "button", "data-step": step,
        disabled: to < 1 || to > pages, onclick: () => model.send({ page: to }) }, label);
    };
    const list = images.map(({ src, label, lines, index }) => make("li", {
      "data-index": index, title: label },
      make("img", { class: "pixels", src, alt: label }),
      ...lines.map((line) => make("div", { "aria-hidden": "true" }, line))));
    gallery.replaceChildren(
      make("h3", { "aria-live": "polite" }, text),
      ...(about ? [make("p", { class: "note" }, about)] : []),
      make("ul", { class: "images" }, ...list),
      ...(pages > 1 ? [make("div", { class: "row" }, turn("-1", "Anterior"),
        make("span", { "aria-live": "polite" }, `página ${page} de ${pages}`),
        turn("1", "Siguiente"))] : []));
    if (held) (gallery.querySelector(`[data-step="${held}"]:not(:disabled)`)
      ?? gallery.querySelector("button:not(:disabled)"))?.focus();
  }

  return watch(model, { controls: drawControls, grid: drawGrid, gallery: drawGallery,
    note: (text) => {
      note.textContent = text ?? "";
      note.hidden = !text;
    } });
}

export default { render };
