// The images of a cell, some on each page; one can be sent to the part's network.
import { make, button } from "./dom.js";
import { integer, NBSP } from "./numbers.js";
import { PER_PAGE, pages, pageOf } from "./selection.js";
import { paint } from "./store.js";

export function gallery(store, set, part) {
  const opens = store.networks.has(part);
  let [shown, page] = [[], 1];
  const title = make("p", { class: "titulo", "aria-live": "polite" },
    "Elija una celda para ver sus imágenes.");
  const [note, list] = [make("p", { class: "nota" }), make("ul", { class: "imagenes" })];
  const where = make("span", { "aria-live": "polite" });
  const back = button("Anterior", () => turn(-1));
  const next = button("Siguiente", () => turn(1));
  const turner = make("div", { class: "fila", hidden: true }, back, where, next);

  function turn(step) {
    page = Math.min(Math.max(page + step, 1), pages(shown.length));
    draw();
  }

  function picture({ index, words }) {
    const name = `Imagen de ${set.part} ${index}: ${words}`;
    if (!set.has(index))
      return make("div", { class: "falta", role: "img", "aria-label": name }, "sin imagen");
    const canvas = make("canvas", { class: set.box ? "tinta" : "color",
      ...(opens ? { "aria-hidden": "true" } : { role: "img", "aria-label": name }) });
    paint(canvas, set, index);
    if (!opens) return canvas;
    const opener = button(canvas, () =>
      store.tell("image", { part, set: set.name, index, from: opener }),
    { class: "abre", title: name, "aria-label": `${name}. Ver capa por capa` });
    return opener;
  }

  function draw() {
    const last = pages(shown.length);
    list.replaceChildren(...pageOf(shown, page).map((item) =>
      make("li", { "data-index": item.index }, picture(item),
        ...item.lines.map((line) => make("div", { "aria-hidden": "true" }, line)))));
    turner.hidden = shown.length <= PER_PAGE;
    where.textContent = `página ${integer(page)} de ${integer(last)}`;
    back.setAttribute("aria-disabled", String(page === 1));
    next.setAttribute("aria-disabled", String(page === last));
  }

  // Each item has an index, lines to be seen and words to be heard.
  function show(text, about, items) {
    [shown, page] = [items, 1];
    const held = items.filter(({ index }) => set.has(index)).length;
    title.textContent = text;
    note.textContent = [about,
      held < items.length ? `Se guardan las imágenes de ${integer(held)}.` : "",
      held && opens ? "Pulse una imagen para verla capa por capa." : "",
    ].filter(Boolean).join(" ");
    draw();
  }

  return { show, element: make("div", { class: "galeria", role: "group",
    "aria-label": "Imágenes" }, title, note, list, turner) };
}

// An image's number, as galleries show it.
export const numberOf = (index) => `n.º${NBSP}${integer(index)}`;
