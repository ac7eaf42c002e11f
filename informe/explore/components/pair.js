// Two networks on the same images: which ones one gets right and the other wrong.
import { make, choice } from "./dom.js";
import { integer, percent, images, gap, pValue, mcnemar } from "./numbers.js";
import { SURE, rowOf, pairsOf } from "./selection.js";
import { grid } from "./grid.js";
import { gallery, numberOf } from "./gallery.js";

const WORDS = ["acierta", "falla"];
const ALL = "todas";

export async function pair(island, spec, store) {
  const { part } = island.dataset;
  const sides = [["A", spec.a], ["B", spec.b]].map(([letter, { name, runs }]) =>
    ({ letter, name, runs: runs.map(store.run) }));
  const set = await store.set(sides[0].runs[0].set);
  const names = set.classes;
  let [turn, only, cell] = [0, null, null];

  const title = make("p", { class: "titulo" },
    `Aciertos y fallos de A (${sides[0].name}) y B (${sides[1].name})`);
  const note = make("p", { class: "nota", role: "status" });
  const classes = choice("true", "Clase verdadera", (value) => {
    only = value === ALL ? null : Number(value);
    draw();
  });
  classes.offer([[ALL, ALL], ...names.map((name, i) => [i, name])], ALL);
  const table = grid({ height: 2, width: 2, titles: ["A", "B"], headers: false,
    pick: (...chosen) => {
      cell = chosen;
      draw();
    } });
  const pictures = gallery(store, set, part);
  for (const side of sides) {
    [side.run] = side.runs;
    side.list = choice(`seed-${side.letter}`, `Semilla de ${side.letter}`, (value) =>
      store.tell("seed", { part, network: side.name, seed: Number(value) }));
    store.hear("seed", ({ part: where, network, seed }) => {
      const run = side.runs.find((other) => other.seed === seed);
      if (where !== part || network !== side.name || !run) return;
      side.run = run;
      draw();
    });
  }

  async function draw() {
    const mine = (turn += 1);
    for (const { list, runs, run } of sides)
      list.offer(runs.map(({ seed }) => [seed, seed]), run.seed);
    const both = await Promise.all(sides.map(async ({ run }) => {
      const [all, sure] = await Promise.all([run.predictions(), run.confidence()]);
      return { predicted: rowOf(all, all.shape[0]), confidence: sure.data };
    }));
    if (mine !== turn) return;
    const cells = pairsOf(set.labels, ...both, only).flat();
    const sizes = cells.map((list) => list.length);
    const words = sizes.map((n, i) => `A ${WORDS[i >> 1]} y B ${WORDS[i % 2]}: ${images(n)}`);
    const top = Math.max(...sizes) || 1;
    note.textContent = difference(sizes);
    table.show({ label: title.textContent, selected: cell,
      rows: WORDS.map((word) => `A ${word}`), columns: WORDS.map((word) => `B ${word}`),
      cells: sizes.map((n, i) => ({ text: integer(n), share: n / top, label: words[i] })) });
    const at = cell && 2 * cell[0] + cell[1];
    if (cell) pictures.show(words[at], "", cells[at].map((index) => itemOf(index, both)));
  }

  function difference([right, onlyA, onlyB, wrong]) {
    const n = right + onlyA + onlyB + wrong;
    if (!n) return "No hay imágenes de esta clase.";
    return `Exactitud de A menos la de B: ${gap((onlyA - onlyB) / n)} puntos; prueba exacta`
      + ` de McNemar, ${pValue(mcnemar(onlyA, onlyB))}. Cuenta el azar de las imágenes, no`
      + " el de las semillas.";
  }

  function itemOf(index, both) {
    const [a, b] = both.map(({ predicted, confidence }) =>
      `${names[predicted[index]]} ${percent(confidence[index] / SURE, null)}`);
    const name = names[set.labels[index]];
    return { index, lines: [name, `A: ${a}`, `B: ${b}`, numberOf(index)],
      words: `verdadera ${name}; A predice ${a}, B ${b}` };
  }

  await draw();
  return { node: make("div", { class: "tarjeta" }, title, make("div", { class: "mandos" },
    ...sides.map(({ list }) => list.element), classes.element), note,
  make("div", { class: "lado" }, table.element, pictures.element)) };
}
