// The confusion matrix of a network, by seed and epoch, and the images of its cells.
import { make, choice, check } from "./dom.js";
import { fixed, integer, percent, images, shareOf, WILSON } from "./numbers.js";
import { confusion, mean, shares, rowOf, imagesOf } from "./selection.js";
import { grid } from "./grid.js";
import { gallery, numberOf } from "./gallery.js";
import { epochs } from "./epochs.js";

const VALUES = [["counts", "número de imágenes"], ["rows", "% de la clase verdadera"],
  ["columns", "% de la clase predicha"]];
const MEAN = "media";
const EARLIER = " De épocas anteriores no se guardan probabilidades: las imágenes van por"
  + " su número.";

export async function matrix(island, spec, store) {
  const { part } = island.dataset;
  const networks = spec.networks.map((network) =>
    ({ ...network, runs: network.runs.map(store.run) }));
  const set = await store.set(networks[0].runs[0].set);
  const [names, k] = [set.classes, set.classes.length];
  const named = (wanted) => networks.find(({ name }) => name === wanted) ?? networks[0];
  const state = { network: named(spec.network), seed: spec.seed, epoch: Infinity,
    values: "counts", errors: false, similar: false, cell: null };
  let turn = 0; // a drawing that is overtaken by a later one is not finished

  const title = make("p", { class: "titulo" });
  const note = make("p", { class: "nota", role: "status" });
  const which = choice("network", "Red", (name) =>
    update({ network: named(name), epoch: Infinity }));
  which.offer(networks.map(({ name }) => [name, name]), state.network.name);
  const seeds = choice("seed", "Semilla", (value) =>
    tell("seed", value === MEAN ? null : Number(value)));
  const values = choice("values", "Mostrar", (value) => update({ values: value }));
  values.offer(VALUES, state.values);
  const errors = check("errors", "Solo errores", (on) => update({ errors: on }));
  const similar = check("similar", "Ordenar por parecido", (on) => update({ similar: on }));
  const table = grid({ height: k, width: k, headers: true,
    titles: ["clase verdadera", "clase predicha"],
    pick: (...cell) => update({ cell: cell.map((i) => (i < 0 ? null : orderOf()[i])) }) });
  const pictures = gallery(store, set, part);
  const time = epochs((epoch) => tell("epoch", epoch));

  // All figures of the part follow, this one too.
  function tell(name, value) {
    store.tell(name, { part, network: state.network.name, [name]: value });
  }
  for (const name of ["seed", "epoch"])
    store.hear(name, ({ part: where, network, [name]: value }) => {
      if (where !== part || network !== state.network.name) return;
      update({ [name]: value ?? (name === "epoch" ? Infinity : null) });
    });

  const orderOf = () => (state.similar && state.network.similar.length
    ? state.network.similar : names.map((_, i) => i));

  async function update(changes) {
    Object.assign(state, changes);
    const mine = (turn += 1);
    const { runs, similar: order, name } = state.network;
    const one = runs.find(({ seed }) => seed === state.seed);
    const shown = one ? [one] : runs;
    const [all, many] = [`media de las ${runs.length} semillas`, shown.length > 1];
    seeds.offer([...(runs.length > 1 ? [[MEAN, all]] : []),
      ...runs.map(({ seed }) => [seed, seed])], many ? MEAN : shown[0].seed);
    similar.hidden = !order.length;
    const predictions = await Promise.all(shown.map((run) => run.predictions()));
    if (mine !== turn) return;
    const [last] = predictions[0].shape;
    const epoch = Math.min(state.epoch, last);
    const rows = predictions.map((array) => rowOf(array, epoch));
    const counts = mean(rows.map((row) => confusion(set.labels, row, k)));
    const seed = shown[0].seed === null ? [] : [`semilla ${shown[0].seed}`];
    title.textContent = [set.title, name, ...(many ? [all] : seed),
      ...(epoch < last ? [`época ${epoch} de ${last}`] : [])].join(", ");
    drawGrid(counts, many);
    drawNote(counts, rows);
    time.element.hidden = !state.network.epochs || last < 2;
    if (!time.element.hidden) await time.show(shown, epoch, last);
    const sure = epoch === last && state.cell
      ? await Promise.all(shown.map(async (run) => (await run.confidence()).data)) : null;
    if (mine === turn && state.cell) drawImages(rows, counts, sure);
  }

  function drawGrid(counts, many) {
    const order = orderOf();
    const parts = shares(counts, k, state.values);
    const isHidden = (i, j) => !counts[i * k + j] || (state.errors && i === j);
    const exact = (n) => (!many ? integer(n) : n && n < 0.05 ? "<0.1" : fixed(n, 1));
    const write = state.values === "counts" ? exact : (share) => percent(share, null);
    const cells = order.flatMap((i) => order.map((j) => {
      const [n, value] = [counts[i * k + j], isHidden(i, j) ? 0 : parts[i * k + j]];
      return { value, text: value ? write(value) : "",
        label: `verdadera ${names[i]}, predicha ${names[j]}: `
          + (many ? `${exact(n)} imágenes de media` : images(n)) };
    }));
    const top = Math.max(...cells.map(({ value }) => value)) || 1;
    // colours go by the square root, so that errors are visible beside the diagonal
    for (const cell of cells) cell.share = Math.sqrt(cell.value / top);
    const ordered = order.map((i) => names[i]);
    table.show({ label: `Matriz de confusión. ${title.textContent}`, cells,
      rows: ordered, columns: ordered,
      selected: state.cell?.map((i) => (i === null ? -1 : order.indexOf(i))) });
  }

  function drawNote(counts, rows) {
    const n = set.labels.length;
    const of = `${images(n)} de ${set.part}`;
    const hits = names.reduce((total, _, i) => total + counts[i * k + i], 0);
    const each = rows.map((row) => row.filter((p, i) => p === set.labels[i]).length / n);
    const [low, high] = [Math.min(...each), Math.max(...each)].map((x) => percent(x));
    note.textContent = rows.length === 1
      ? `Acierta ${integer(hits)} de ${of}: ${shareOf(hits, n)} (${WILSON}).`
      : `Acierta de media ${fixed(hits, 1)} de ${of}: ${percent(hits / n)}; según la`
        + ` semilla, del ${low} al ${high}.`;
  }

  function drawImages(rows, counts, sure) {
    const [{ length: n }, { cell }] = [rows, state];
    const found = imagesOf(set.labels, rows, sure, cell, state.errors && cell.includes(null));
    const where = [["verdadera", cell[0]], ["predicha", cell[1]]]
      .filter(([, i]) => i !== null).map(([word, i]) => `${word} ${names[i]}`).join(", ");
    const some = n > 1 && (cell[1] !== null || state.errors);
    pictures.show(`${where}${some ? " (por alguna semilla)" : ""}: ${images(found.length)}`,
    shareWords(counts, n > 1) + (sure ? "" : EARLIER), found.map((item) => itemOf(item, n)));
  }

  // Which share of its row the chosen cell is, with its interval for one network.
  function shareWords(counts, many) {
    const [row, column] = state.cell;
    if (row === null || column === null) return "";
    const n = set.labels.filter((label) => label === row).length;
    const hits = counts[row * k + column];
    return `La red da por ${names[column]} el ${many ? percent(hits / n) : shareOf(hits, n)}`
      + ` de ${images(n)} de la clase ${names[row]} (${many ? "de media" : WILSON}).`;
  }

  function itemOf({ index, label, predicted, seeds: n, probability }, of) {
    const votes = of > 1 ? [`${n} de ${of} semillas`] : [];
    const sure = probability === null ? [] : [percent(probability, null)];
    return { index, lines: [`${names[label]} → ${names[predicted]}`, ...votes,
      [...sure, numberOf(index)].join(" · ")],
    words: [`verdadera ${names[label]}`, `predicha ${names[predicted]}`, ...votes,
      ...sure.map((p) => `probabilidad ${p}`)].join(", ") };
  }

  await update({});
  return { node: make("div", { class: "tarjeta" }, title, make("div", { class: "mandos" },
    which.element, seeds.element, values.element, errors, similar), note,
  make("div", { class: "lado" }, make("div", { class: "principal" }, table.element,
    time.element), pictures.element)) };
}
