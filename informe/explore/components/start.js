// Finds the islands of a page, or of a notebook's output, and brings them to life.
import { make } from "./dom.js";
import { luminance } from "./colours.js";
import { matrix } from "./matrix.js";
import { pair } from "./pair.js";
import { network } from "./network.js";
import { points } from "./points.js";

const COMPONENTS = { matrix, pair, network, points };

export async function wake(root, store) {
  const islands = [...root.querySelectorAll(".vivo")].map((element) => {
    const spec = JSON.parse(element.dataset.spec);
    let living = null;
    const mount = () => (living ??= bringToLife(element, spec, store));
    return { element, spec, mount, part: element.dataset.part };
  });
  const networks = islands.filter(({ spec }) => spec.runs?.length); // others have none
  for (const { part } of networks) store.networks.add(part);
  store.hear("image", async (detail) => {
    const target = networks.find(({ part }) => part === detail.part);
    (await target.mount())?.show(detail);
  });
  root.host?.setAttribute("data-lm-suppress-shortcuts", "true"); // JupyterLab's keys
  for (const { element, mount } of islands) {
    element.addEventListener("keydown", (event) => event.stopPropagation());
    followTheme(element);
    const watcher = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      watcher.disconnect();
      mount();
    }, { rootMargin: "300px" }); // those just below what is seen are made ready
    watcher.observe(element);
  }
}

// An island that fails keeps its static figure, and a line says why.
async function bringToLife(element, spec, store) {
  try {
    const component = COMPONENTS[spec.component];
    if (!component) throw new Error(`no existe el componente «${spec.component}»`);
    const living = await component(element, spec, store);
    element.replaceChildren(living.node);
    return living;
  } catch (error) {
    element.append(make("p", { class: "fallo", role: "alert" },
      `Esta figura no pudo volverse interactiva: ${error.message}.`));
    return null;
  }
}

// An island is dark where the text around it is light, whoever decided that.
function followTheme(element) {
  const outside = element.parentElement ?? element.getRootNode().host;
  const look = () => {
    const rgb = getComputedStyle(outside).color.match(/[\d.]+/g).slice(0, 3).map(Number);
    element.dataset.tema = luminance(rgb) > 0.4 ? "oscuro" : "claro";
  };
  look();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", look);
  for (const place of [document.documentElement, document.body])
    new MutationObserver(look).observe(place, { attributes: true });
}
