// A sheet for mouse, finger, pen or keys, and a place for image files.
import { make, button, dress } from "./dom.js";

const [SHEET, PEN] = [280, 20]; // pixels of the canvas, and of a line on it
const MOVES = { // pixels that a key moves the pen
  ArrowUp: [0, -10], ArrowDown: [0, 10], ArrowLeft: [-10, 0], ArrowRight: [10, 0],
};
const [LIMIT, MOST] = [10 * 2 ** 20, 1024]; // bytes of a file, pixels of a reduced side

// `changed(ink, width, height)` gets what is drawn, 0 for paper, 255 for ink.
export function pad(changed) {
  const canvas = make("canvas", { width: SHEET, height: SHEET, tabindex: 0,
    class: "hoja", role: "application",
    "aria-label": "Lienzo para dibujar con ratón, dedo o lápiz; con teclado,"
      + " flechas para mover el lápiz y mayúsculas con flechas para trazar",
    onpointerdown: (event) => {
      canvas.setPointerCapture(event.pointerId);
      moveTo(...place(event));
      line(...place(event));
    },
    onpointermove: (event) => {
      if (canvas.hasPointerCapture(event.pointerId)) line(...place(event));
    },
    onkeydown: (event) => {
      if (!MOVES[event.key]) return;
      event.preventDefault();
      const to = at.map((value, i) =>
        Math.min(Math.max(value + MOVES[event.key][i], 0), SHEET));
      (event.shiftKey ? line : moveTo)(...to);
    } });
  const tip = make("div", { class: "punta" }); // where the keyboard's pen is
  const element = make("div", { class: "lienzo" }, canvas, tip);
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  let [at, frame] = [[0, 0], undefined];

  function moveTo(x, y) {
    at = [x, y];
    dress(tip, { left: `${(100 * x) / SHEET}%`, top: `${(100 * y) / SHEET}%` });
  }

  function clear() {
    frame = cancelAnimationFrame(frame);
    element.classList.add("vacio");
    moveTo(SHEET / 2, SHEET / 2);
    pen.clearRect(0, 0, SHEET, SHEET);
    Object.assign(pen, { lineWidth: PEN, lineCap: "round" });
  }

  function line(x, y) {
    pen.beginPath();
    pen.moveTo(...at);
    pen.lineTo(x, y);
    pen.stroke();
    moveTo(x, y);
    element.classList.remove("vacio");
    frame ??= requestAnimationFrame(() => {
      frame = undefined;
      const { data } = pen.getImageData(0, 0, SHEET, SHEET); // black, more or less opaque
      changed(data.filter((_, i) => i % 4 === 3), SHEET, SHEET);
    });
  }

  function place(event) {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height]
      .map((share) => share * SHEET);
  }

  clear();
  return { element, clear };
}

// A file that is chosen, or dropped, goes to `open`.
export function fileChooser(open) {
  const chooser = make("input", { type: "file", accept: "image/*", hidden: true,
    onchange: () => {
      if (chooser.files[0]) open(chooser.files[0]);
      chooser.value = ""; // the same file may be chosen again
    } });
  const hover = (event) => {
    event.preventDefault();
    event.stopPropagation();
    element.classList.toggle("sobre", event.type === "dragover");
    if (event.type === "drop" && event.dataTransfer.files[0])
      open(event.dataTransfer.files[0]);
  };
  const element = make("div", { class: "suelta", ondragover: hover, ondragleave: hover,
    ondrop: hover }, "Suelte aquí una imagen o ", chooser,
  button("Elegir archivo…", () => chooser.click()));
  return element;
}

// The pixels {data, width, height} of a file, as RGBA on white; the browser turns it
// as its EXIF data say. What is no image gets an error that says so.
export async function readFile(file) {
  if (file.size > LIMIT) throw new Error(`El archivo pasa de ${LIMIT / 2 ** 20} MB.`);
  const picture = await createImageBitmap(file).catch(() => {
    throw new Error("El archivo no es una imagen que este navegador pueda leer.");
  });
  const size = [picture.width, picture.height];
  const zoom = Math.min(1, MOST / Math.max(...size));
  const [width, height] = size.map((n) => Math.max(1, Math.round(n * zoom)));
  const context = make("canvas", { width, height }).getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.drawImage(picture, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}
