// A slider over a training's epochs, its curve with a mark, the first layer's filters.
import { make, button } from "./dom.js";
import { percent } from "./numbers.js";
import { mean } from "./selection.js";
import { kernels } from "./layers.js";

const PAUSE = 700; // milliseconds that an epoch is shown when all are played
const [LEFT, RIGHT, TOP, BOTTOM] = [38, 290, 10, 126]; // of the curve's axes
const LINES = { train_error: "entrenamiento", test_error: "predicción" };

export function epochs(pick) {
  let [now, last, timer] = [1, 1, null];
  const slider = make("input", { type: "range", name: "epoch", min: 1, step: 1,
    "aria-label": "Época", oninput: () => pick(Number(slider.value)) });
  const said = make("span", { class: "valor", "aria-hidden": "true" });
  const play = button("Reproducir", () => run(!timer));
  const curve = make("svg:svg", { viewBox: "0 0 300 150", role: "img" });
  const error = make("p", { class: "nota" });
  const filters = make("div", { class: "filtros" });

  function run(on) {
    const step = () => (now < last && play.isConnected ? pick(now + 1) : run(false));
    if (on && now === last) pick(1);
    clearInterval(timer);
    timer = on ? setInterval(step, PAUSE) : null;
    play.textContent = on ? "Detener" : "Reproducir";
  }

  // `runs` are those whose mean is shown.
  async function show(runs, epoch, of) {
    [now, last] = [epoch, of];
    Object.assign(slider, { max: last, value: now });
    said.textContent = `${now} de ${last}`;
    slider.setAttribute("aria-valuetext", said.textContent);
    drawCurve(runs);
    filters.hidden = !runs[0].filters;
    if (runs[0].filters) await drawFilters(runs);
  }

  function drawCurve(runs) {
    const curves = Object.keys(LINES).map((name) =>
      [name, mean(runs.map(({ history }) => history[name]))]);
    const top = Math.max(...curves.flatMap(([, values]) => values)) || 1;
    const x = (epoch) => LEFT + ((epoch - 1) * (RIGHT - LEFT)) / Math.max(1, last - 1);
    const y = (value) => BOTTOM - (value / top) * (BOTTOM - TOP);
    const text = (at, side, words, below = 0) =>
      make("svg:text", { x: at, y: BOTTOM + below, "text-anchor": side }, words);
    const path = (name, d) => make("svg:path", { class: name, d });
    const ticks = curves[0][1].map((_, i) => i + 1)
      .filter((epoch) => (epoch - 1) % Math.ceil(last / 10) === 0);
    curve.replaceChildren(path("eje", `M${LEFT},${BOTTOM}H${RIGHT}`),
      ...ticks.map((epoch) => text(x(epoch), "middle", epoch, 16)),
      text(LEFT - 6, "end", 0), text(LEFT - 6, "end", percent(top, null), TOP + 8 - BOTTOM),
      path("marca", `M${x(now)},${TOP}V${BOTTOM}`), ...curves.flatMap(([name, values]) => [
        path(`curva ${name}`, `M${values.map((v, i) => `${x(i + 1)},${y(v)}`).join("L")}`),
        make("svg:circle", { class: name, cx: x(now), cy: y(values[now - 1]), r: 4 })]));
    const words = curves.map(([name, values]) =>
      `${LINES[name]} ${percent(values[now - 1])}`);
    error.replaceChildren("Error: ", make("span", { class: "raya" }), ` ${words[0]}, `,
      make("span", { class: "linea" }), ` ${words[1]}`);
    curve.setAttribute("aria-label", `Error tras la época ${now}: ${words.join(", ")}`);
  }

  async function drawFilters([run, another]) {
    const { shape, data } = await run.filters();
    const size = data.length / shape[0];
    const top = data.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
    const words = make("p", { class: "nota" }, ...(another
      ? ["Elija una semilla para ver los filtros de su primera capa."]
      : ["Filtros de la primera capa: ", make("b", { class: "mas" }, "naranja"),
        " suma, ", make("b", { class: "menos" }, "morado"), " resta."]));
    filters.replaceChildren(words, make("div", { class: "fila" }, ...(another ? []
      : kernels(data.subarray((now - 1) * size, now * size), shape.slice(1), top))));
  }

  return { show, element: make("div", { class: "epocas", role: "group",
    "aria-label": "Épocas" }, make("div", { class: "fila" },
    make("span", { "aria-hidden": "true" }, "Época"), slider, said, play),
  make("div", { class: "evolucion" }, make("div", {}, curve, error), filters)) };
}
