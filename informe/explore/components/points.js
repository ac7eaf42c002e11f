// A figure whose marks tell what they are, and ring the seed and epoch that are chosen.
import { make, button, dress } from "./dom.js";

const NEAR = 30; // pixels within which a pointer finds a mark
const STEPS = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1,
  Home: -Infinity, End: Infinity };

export async function points(island, spec, store) {
  const { part } = island.dataset;
  const marks = [...spec.marks].sort((a, b) => a.x - b.x || b.y - a.y);
  const chosen = { network: null, seed: null, epoch: null };
  let at = -1;

  const [rings, ring, tip] = [make("div"), make("div", { class: "aro fijo", hidden: true }),
    make("div", { class: "dato", hidden: true })];
  const layer = make("div", { class: "encima", role: "slider", tabindex: 0,
    "aria-label": "Valores de la figura", "aria-valuemin": 1, "aria-valuenow": 1,
    "aria-valuemax": marks.length, "aria-valuetext": "flechas para recorrer los valores",
    onkeydown: move, onpointermove: find, onpointerleave: () => look(-1),
    onblur: () => look(-1), onclick: (event) => {
      find(event);
      if (marks[at]) tell(marks[at]);
    } }, rings, ring, tip);
  const hint = "Pase el puntero, toque o use las flechas: cada marca dice qué es.";
  const note = make("p", { class: "nota", role: "status" }, hint);
  const clear = button("Quitar los aros", () =>
    tell({ network: chosen.network, seed: null, epoch: null }), { hidden: true });
  const spot = ({ x, y }) => ({ left: `${100 * x}%`, top: `${100 * y}%` });

  function find({ clientX, clientY }) {
    const box = layer.getBoundingClientRect();
    const far = marks.map(({ x, y }) => Math.hypot(x * box.width - clientX + box.left,
      y * box.height - clientY + box.top));
    const least = Math.min(...far);
    look(least <= NEAR ? far.indexOf(least) : -1);
  }

  function look(place) {
    at = place;
    const mark = marks[at];
    ring.hidden = tip.hidden = !mark;
    if (!mark) return;
    const words = [mark.text, ...(mark.key ? [`clave ${mark.key}`] : [])];
    dress(ring, spot(mark));
    tip.replaceChildren(...words.map((line) => make("div", {}, line)));
    const across = mark.x < 0.5 ? ["left", "right", mark.x] : ["right", "left", 1 - mark.x];
    const down = mark.y < 0.5 ? ["top", "bottom", mark.y] : ["bottom", "top", 1 - mark.y];
    for (const [near, other, share] of [across, down])
      dress(tip, { [near]: `calc(${100 * share}% + 12px)`, [other]: "auto" });
    layer.setAttribute("aria-valuenow", at + 1);
    layer.setAttribute("aria-valuetext", words.join(", "));
  }

  function move(event) {
    const step = STEPS[event.key];
    if (step) look(Math.min(Math.max(at + step, 0), marks.length - 1));
    else if (event.key === "Escape") look(-1);
    else if ((event.key === "Enter" || event.key === " ") && marks[at]) tell(marks[at]);
    else return;
    event.preventDefault();
  }

  // What a mark says of seed and epoch, to all figures of the part, this one too.
  function tell({ network, ...mark }) {
    for (const name of ["seed", "epoch"])
      if (name in mark) store.tell(name, { part, network, [name]: mark[name] });
  }

  const isRinged = (mark) => ["network", "seed", "epoch"].every((name) =>
    chosen[name] === null || mark[name] === undefined || mark[name] === chosen[name]);
  for (const name of ["seed", "epoch"])
    store.hear(name, ({ part: where, network = null, [name]: value }) => {
      if (where !== part) return;
      Object.assign(chosen, { network, [name]: value });
      const words = [network, chosen.seed !== null && `semilla ${chosen.seed}`,
        chosen.epoch !== null && `época ${chosen.epoch}`].filter(Boolean);
      clear.hidden = chosen.seed === null && chosen.epoch === null;
      rings.replaceChildren(...marks.filter((mark) => !clear.hidden && isRinged(mark))
        .map((mark) => make("div", { class: "aro", style: spot(mark) })));
      note.textContent = clear.hidden ? hint : `Con aro: ${words.join(", ")}.`;
    });
  return { node: make("div", { class: "tarjeta figura" },
    make("div", { class: "marco" }, island.querySelector("img, svg"), layer),
    make("div", { class: "fila" }, note, clear)) };
}
