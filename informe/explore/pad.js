// A canvas for mouse, finger or pen; a place for image files; live probabilities.

const SIDE = 280; // pixels of the canvas
const PEN = 20;
const PAUSE = 60; // milliseconds between two drawings that are sent

function render({ model, el }) {
  const state = model.get("state");
  const seen = make("div");
  const bars = make("table", { class: "bars", "aria-label": "Probabilidades" });
  const note = make("p", { class: "note", role: "status" });
  const tools = make("div");
  el.replaceChildren(make("div", { class: "inf", lang: "es" },
    make("h3", {}, state.title), make("div", { class: "side" }, tools, seen, bars), note));

  const canvas = make("canvas", { width: SIDE, height: SIDE, tabindex: 0,
    role: "application",
    "aria-label": "Lienzo para dibujar un dígito con ratón, dedo o lápiz; con teclado, "
      + "flechas para mover el lápiz y mayúsculas con flechas para trazar" });
  const tip = make("div", { class: "tip" }); // where the keyboard's pen is
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const point = { x: SIDE / 2, y: SIDE / 2 }; // of the keyboard's pen
  let drawing = false;
  let timer = null;

  function moveTo(x, y) {
    Object.assign(point, { x, y });
    Object.assign(tip.style, { left: `${100 * x / SIDE}%`, top: `${100 * y / SIDE}%` });
  }

  function wipe() {
    clearTimeout(timer);
    timer = null;
    moveTo(SIDE / 2, SIDE / 2);
    pen.fillStyle = "white";
    pen.fillRect(0, 0, SIDE, SIDE);
    Object.assign(pen, { strokeStyle: "black", lineWidth: PEN, lineCap: "round",
      lineJoin: "round" });
  }

  function clear() {
    wipe();
    model.send({ clear: true });
  }

  function negative() { // the network learned white ink on black
    const copy = make("canvas", { width: SIDE, height: SIDE });
    const context = copy.getContext("2d");
    const data = pen.getImageData(0, 0, SIDE, SIDE);
    for (let i = 0; i < data.data.length; i += 4)
      for (let k = 0; k < 3; k++) data.data[i + k] = 255 - data.data[i + k];
    context.putImageData(data, 0, 0);
    return copy.toDataURL("image/png");
  }

  function send() {
    timer ??= setTimeout(() => {
      timer = null;
      model.send({ drawing: negative() });
    }, PAUSE);
  }

  function place(event) {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) * SIDE / box.width,
      (event.clientY - box.top) * SIDE / box.height];
  }

  function line(x0, y0, x1, y1) {
    pen.beginPath();
    pen.moveTo(x0, y0);
    pen.lineTo(x1, y1);
    pen.stroke();
    moveTo(x1, y1);
    send();
  }

  canvas.addEventListener("pointerdown", (event) => {
    drawing = true;
    canvas.setPointerCapture(event.pointerId);
    const [x, y] = place(event);
    line(x, y, x, y);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (drawing) line(point.x, point.y, ...place(event));
  });
  for (const end of ["pointerup", "pointercancel"])
    canvas.addEventListener(end, () => (drawing = false));
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowUp: [0, -10], ArrowDown: [0, 10], ArrowLeft: [-10, 0],
      ArrowRight: [10, 0] }[event.key];
    if (!step) return;
    const inside = (value) => Math.min(Math.max(value, 0), SIDE);
    const [x, y] = [inside(point.x + step[0]), inside(point.y + step[1])];
    if (event.shiftKey) line(point.x, point.y, x, y);
    else moveTo(x, y);
    event.preventDefault();
    event.stopPropagation();
  });

  function open(file) {
    if (!file) return;
    if (file.size > state.limit) {
      note.textContent = `El archivo pasa de ${state.limit / 2 ** 20} MB.`;
      return;
    }
    wipe(); // what is seen is the file's from here on
    const reader = new FileReader();
    reader.onload = () => model.send({ file: reader.result.split(",")[1] ?? "" });
    reader.readAsDataURL(file);
  }

  const chooser = make("input", { type: "file", accept: "image/*", hidden: "",
    onchange: () => {
      open(chooser.files[0]);
      chooser.value = ""; // the same file may be chosen again
    } });
  const drop = make("div", { class: "drop" }, "Suelte aquí una imagen o ", chooser,
    make("button", { type: "button", onclick: () => chooser.click() }, "Elegir archivo…"));
  const over = (on) => (event) => {
    event.preventDefault();
    event.stopPropagation();
    drop.classList.toggle("over", on);
  };
  drop.addEventListener("dragover", over(true));
  drop.addEventListener("dragleave", over(false));
  drop.addEventListener("drop", (event) => {
    over(false)(event);
    open(event.dataTransfer.files[0]);
  });

  wipe();
  if (state.draws) tools.append(make("div", { class: "sheet" }, canvas, tip));
  tools.append(make("div", { class: "row" },
    make("button", { type: "button", onclick: clear }, "Borrar")), drop);

  return watch(model, {
    note: (text) => (note.textContent = text),
    seen: (src) => seen.replaceChildren(...(src ? [make("div", {}, "Lo que ve la red:"),
      make("img", { class: "pixels", src, alt: "Imagen que recibe la red",
        style: { width: "112px", height: "112px" } })] : [])),
    bars: (list) => bars.replaceChildren(...list.map(({ name, share, text, best }) =>
      make("tr", { class: best ? "best" : "", "data-name": name },
        make("th", { scope: "row" }, name),
        make("td", { class: "track" },
          make("div", { class: "bar", style: { width: `${100 * share}%` } })),
        make("td", {}, text)))),
  });
}

export default { render };
