// Pictures of what each layer makes of an image: maps, bars, and outputs that are dead.
import { make, dress } from "./dom.js";
import { signed, css } from "./colours.js";
import { fixed, integer, percent, count } from "./numbers.js";

// What a layer is called, and what it does.
const KINDS = {
  Conv2d: ["Convolución", "Cada filtro recorre la imagen y responde donde se le parece."],
  Linear: ["Capa densa", "Cada neurona suma todas las entradas, cada una con su peso."],
  ReLU: ["ReLU", "Lo negativo se vuelve 0."],
  ELU: ["ELU", "Lo negativo no pasa de −1."],
  Tanh: ["Tangente hiperbólica", "Todo queda entre −1 y 1."],
  Sigmoid: ["Sigmoide", "Todo queda entre 0 y 1."],
  Scale: ["Escala", "Cada mapa se multiplica por un número y se le suma otro."],
  LogSoftmax: ["Logaritmo de softmax", "Las salidas se vuelven logaritmos de probabilidades."],
  MaxPool2d: ["Máximos", "De cada bloque queda el valor más alto."],
  AvgPool2d: ["Medias", "De cada bloque queda la media."],
  Flatten: ["En fila", "Los mismos números, sin filas ni columnas."],
};
const [WIDE, HIGH] = [600, 56]; // pixels of the picture of a vector
const HIGHEST = 10; // classes whose bars are shown

const mapCanvas = (name, about = {}) =>
  make("canvas", { class: `${name} mapa`, role: "img", ...about });

// A map (height × width): white is 0, `top` the strongest; below 0 it is purple. One
// that is all 0 stays transparent, and the words say so.
export function drawMap(canvas, values, [height, width], top, name) {
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  const isDead = values.every((value) => value === 0);
  if (!isDead)
    values.forEach((value, i) => image.data.set([...signed(value / top), 255], 4 * i));
  context.putImageData(image, 0, 0);
  canvas.title = `${name}: ${isDead ? "todo es 0" : rangeOf(values)}`;
  canvas.setAttribute("aria-label", canvas.title);
  return isDead;
}

// A picture of each kernel of `data`, (O, I, k, k).
export function kernels(data, [outputs, channels, ...sides], top) {
  const area = sides[0] * sides[1];
  return Array.from({ length: outputs * channels }, (_, i) => {
    const canvas = mapCanvas("filtro");
    drawMap(canvas, data.subarray(i * area, (i + 1) * area), sides, top,
      `filtro ${Math.floor(i / channels) + 1}, canal ${(i % channels) + 1}`);
    return canvas;
  });
}

// The stages of a network; `show` draws the outputs of all its layers for an image.
export function stages(layers, classes) {
  const list = layers.map((layer, i) => stage(layer, `${i + 1}. `,
    i === layers.length - 1 ? classes : null));
  return { element: make("ol", { class: "capas" }, ...list.map(({ element }) => element)),
    show: (outputs) => list.forEach((one, i) => one.show(outputs[i])) };
}

function stage(layer, place, classes) {
  const [name, tells] = KINDS[layer.kind];
  const k = layer.size ?? (layer.kind === "Conv2d" ? layer.weight.shape[2] : 0);
  const [size, facts] = [make("p", { class: "nota" }), make("p", { class: "nota" })];
  const room = make("div", { class: "mapas" });
  const element = make("li", { class: "capa" }, make("div", {}, make("p",
    { class: "titulo" }, place + name + (k ? ` ${k}×${k}` : "")), size,
  make("p", { class: "nota" }, tells), facts), room);
  const outputs = classes && bars("Salida de la red", classes, true);
  if (classes) room.append(outputs.element);
  let draw = outputs && ((data, top) => outputs.show(data, short, top));

  function show({ shape: [n, ...sides], data }) {
    const zeros = data.filter((v) => v === 0).length;
    const isDead = zeros === data.length;
    size.textContent = sides.length ? `${count(n, "mapa", "mapas")} de ${sides.join("×")}`
      : count(n, "número", "números");
    draw ??= sides.length ? mapsOf(n, sides, room) : stripOf(room);
    draw(data, data.reduce((most, v) => Math.max(most, Math.abs(v)), 0));
    element.classList.toggle("muerta", isDead);
    facts.textContent = isDead ? `Salida muerta: los ${integer(zeros)} valores son 0.`
      : `Valores ${rangeOf(data)}${zeros ? `; ceros, el ${percent(zeros / data.length)}` : ""}.`;
  }
  return { element, show };
}

function mapsOf(n, sides, room) {
  const maps = Array.from({ length: n }, () => [mapCanvas("plano"), make("figcaption")]);
  room.append(...maps.map((both) => make("figure", {}, ...both)));
  const area = sides[0] * sides[1];
  return (data, top) => maps.forEach(([canvas, under], i) => {
    const values = data.subarray(i * area, (i + 1) * area);
    const isDead = drawMap(canvas, values, sides, top, `mapa ${i + 1}`);
    under.textContent = `${i + 1}${isDead ? " muerto" : ""}`;
  });
}

// A vector as bars, up where positive, down where negative.
function stripOf(room) {
  const canvas = mapCanvas("tira", { width: WIDE, height: HIGH,
    "aria-label": "Los números como barras, hacia abajo los negativos" });
  const context = canvas.getContext("2d");
  room.append(canvas);
  return (data, top) => {
    const step = WIDE / data.length;
    context.clearRect(0, 0, WIDE, HIGH);
    context.fillStyle = "#777";
    context.fillRect(0, HIGH / 2, WIDE, 1);
    data.forEach((value, i) => {
      context.fillStyle = css(signed(Math.sign(value)));
      context.fillRect(i * step, HIGH / 2, Math.max(1, step - (step > 4)),
        (-HIGH / 2) * (value / top || 0));
    });
  };
}

// A bar and a number for the highest classes; those of `both` sides start from the middle.
export function bars(label, classes, both = false) {
  const rows = classes.map((name) => {
    const [bar, value] = [make("div", { class: "barra" }), make("td", { class: "cifra" })];
    const line = make("tr", { "data-name": name }, make("th", { scope: "row" }, name),
      make("td", { class: both ? "pista doble" : "pista" }, bar), value);
    return { bar, value, line };
  });
  const least = (values) => [...values].sort((a, b) => b - a)[HIGHEST - 1];
  const show = (values, write, top, best) => rows.forEach(({ bar, value, line }, i) => {
    line.hidden = values ? values[i] < least(values) : i >= HIGHEST;
    const size = ((both ? 50 : 100) * Math.abs(values?.[i] ?? 0)) / (top || 1);
    const less = values?.[i] < 0;
    line.classList.toggle("mejor", i === best);
    bar.classList.toggle("menos", less);
    dress(bar, { width: `${size}%`, "margin-left": `${both ? 50 - less * size : 0}%` });
    value.textContent = values ? write(values[i]) : "";
  });
  return { show, element: make("table", { class: "barras", "aria-label": label },
    make("tbody", {}, ...rows.map(({ line }) => line))) };
}

function rangeOf(values) {
  const ends = [Math.min, Math.max].map((end) => values.reduce((a, b) => end(a, b)));
  return `de ${short(ends[0])} a ${short(ends[1])}`;
}

const short = (x) => fixed(x, Math.abs(x) < 10 ? 2 : 1);
