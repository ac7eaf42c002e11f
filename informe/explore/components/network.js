// A trained network that answers in the page: a drawing, a file or a test image.
import { make, choice, button } from "./dom.js";
import { percent, integer } from "./numbers.js";
import { layersOf, pixelsOf, planes } from "./store.js";
import { forward, softmax, decision } from "./forward.js";
import { centre, fitMiddle, greyOf } from "./centring.js";
import { pad, fileChooser, readFile } from "./pad.js";
import { stages, bars } from "./layers.js";

const QUIET = 500; // milliseconds without a stroke after which the answer is said
const INVERTED = "; como el fondo es claro, se invirtió: la red aprendió con fondo negro";

export async function network(island, spec, store) {
  const absent = spec.absent ? make("p", { class: "nota" }, spec.absent) : null;
  if (!spec.runs.length) return { node: make("div", { class: "tarjeta" }, absent) };
  const runs = spec.runs.map((one) => ({ ...store.run(one.key), ...one }));
  const set = await store.set(runs[0].set);
  const { size, channels, classes, part, labels, box } = set;
  let [run, view] = [runs[0], null]; // the network and its layers' pictures
  let image = null; // {pixels, words, label} of what it gets
  let [timer, origin] = [null, null]; // and the gallery's image that was sent here

  const title = make("p", { class: "titulo", tabindex: -1 });
  const note = make("p", { class: "nota", role: "status" });
  const answer = make("p", { class: "respuesta", role: "status" });
  const seen = make("canvas", { class: box ? "tinta" : "color", role: "img",
    width: size[0], height: size[1], "aria-label": "Imagen que recibe la red" });
  const shares = bars("Probabilidades", classes);
  const details = make("details", { class: "detalle", ontoggle: () => draw(0) },
    make("summary", {}, "Capa por capa"));
  const legend = make("p", { class: "nota" }, make("b", { class: "mas" }, "Naranja"),
    " es positivo, ", make("b", { class: "menos" }, "morado"), " negativo y ",
    make("span", { class: "nada" }), " cero.");
  const back = button("Volver a la galería", () => origin.focus(), { hidden: true });
  const which = choice("network", "Red", (name) => {
    [run, view] = [runs.find((other) => other.name === name), null];
    draw(0);
  });
  which.offer(runs.map(({ name }) => [name, name]), run.name);
  const sheet = box ? pad((ink, width, height) => {
    const pixels = centre(ink, width, height, size, box);
    give(pixels && { pixels, words: "Su dibujo" }, "", QUIET);
  }) : null;
  const number = make("input", { type: "number", name: "index", min: 0, value: 0,
    max: set.total - 1, onchange: () => showTest(Number(number.value)) });

  // Shows what the network makes of an image, or of none, and what was done to it.
  async function give(next, about, quiet = 0) {
    image = next;
    note.textContent = about;
    await draw(quiet);
  }

  async function draw(quiet) {
    clearTimeout(timer);
    title.textContent = `La red en esta página: ${run.title}`;
    drawSeen();
    const [given, layers] = [image, await layersOf(run.layers)];
    if (given !== image) return;
    const outputs = given && forward(layers, given.pixels, [channels, size[1], size[0]]);
    const logits = outputs?.at(-1).data;
    const [found, best] = logits ? [softmax(logits), decision(logits)] : [null, null];
    shares.show(found, (share) => percent(share, null), 1, best);
    if (outputs && details.open) {
      view ??= stages(layers, classes);
      view.show(outputs);
    }
    details.replaceChildren(details.firstChild,
      ...(outputs && view ? [legend, view.element] : []));
    const words = outputs ? sentence(given, best, found) : "";
    timer = setTimeout(() => (answer.textContent = words), quiet);
  }

  function sentence({ words, label }, best, found) {
    const [start, verdict] = label === undefined ? [words, ""]
      : [`${words}, verdadera ${classes[label]}`, best === label ? ", y acierta" : ", y falla"];
    if (best === null) return `${start}: sin decisión, varias salidas empatan.`;
    return `${start}: la red da ${classes[best]}, ${percent(found[best], null)}${verdict}.`;
  }

  function drawSeen() {
    const context = seen.getContext("2d");
    const rgba = context.createImageData(...size);
    if (image) rgba.data.forEach((_, i) => {
      const at = Math.min(i % 4, channels - 1) * size[0] * size[1] + (i >> 2);
      rgba.data[i] = i % 4 === 3 ? 255 : image.pixels[at];
    });
    context.putImageData(rgba, 0, 0);
  }

  async function showTest(index) {
    sheet?.clear();
    if (set.has(index)) {
      number.value = index;
      await give({ pixels: await pixelsOf(set, index), label: labels[index],
        words: `Imagen de ${part} ${integer(index)}` }, set.note);
    } else await give(null, index in labels ? `Esta página no tiene la imagen ${index}.`
      : `Las imágenes de ${part} van de la 0 a la ${integer(set.total - 1)}.`);
  }

  async function open(file) {
    sheet?.clear(); // what is seen is the file's from here on
    const [pixels, about] = await readFile(file).then(fit, (error) => [null, error.message]);
    await give(pixels && { pixels, words: "Su imagen" }, about);
  }

  function fit({ data, width, height }) {
    const to = `se redujo a ${size.join("×")}`;
    const { grey, inverted } = greyOf(data, width, height, box > 0);
    const plain = channels === 1 ? grey : planes(data, 3);
    if (!box) return [fitMiddle(plain, width, height, size), `Se recortó el centro y ${to}.`];
    const pixels = centre(grey, width, height, size, box);
    return [pixels, pixels ? `Se pasó a grises y ${to}${inverted ? INVERTED : ""}.`
      : "La imagen es de un solo color: no hay trazos."];
  }

  // An image of a gallery, layer by layer.
  async function show({ set: name, index, from }) {
    [origin, details.open, back.hidden] = [from, true, false];
    if (name === set.name) await showTest(index);
    else await give(null, "Esta red no se midió con esa imagen.");
    title.focus({ preventScroll: true });
    title.scrollIntoView({ block: "start" });
  }

  await showTest(set.held[0]);
  return { show, node: make("div", { class: "tarjeta" }, title, absent,
    make("div", { class: "mandos" }, which.element, make("label", { class: "campo" },
      make("span", {}, `Imagen de ${part} n.º`), number),
    button("Ver", () => showTest(Number(number.value))),
    button("Al azar", () => showTest(set.held[Math.floor(Math.random() * set.held.length)])),
    back),
    make("div", { class: "red" }, make("div", { class: "entrada" }, sheet?.element ?? null,
      button("Borrar", () => {
        sheet?.clear();
        give(null, "");
      }), fileChooser(open)),
    make("div", { class: "visto" }, make("p", { class: "nota" }, "Lo que ve la red"), seen),
    make("div", { class: "resultado" }, answer, shares.element, note)), details) };
}
