// Documents by name, the arrays and the sprite in them, and the components' events.

const TYPES = { u1: Uint8Array, u2: Uint16Array, u4: Uint32Array, f4: Float32Array };

// `get(name)` gives the text of a JSON document, or null.
export function openStore(get) {
  const bus = new EventTarget();
  const read = (name) => {
    const text = get(name);
    if (!text) throw new Error(`falta el dato «${name}»`);
    return JSON.parse(text);
  };
  const set = remember((name) => setOf(name, read(name)));
  return {
    networks: new Set(), // parts of the page that can show an image layer by layer
    run: remember((key) => runOf(read(`run-${key}`), set)),
    set,
    tell: (type, detail) => bus.dispatchEvent(new CustomEvent(type, { detail })),
    hear: (type, handle) => bus.addEventListener(type, (event) => handle(event.detail)),
  };
}

// Little-endian bytes, deflated without a header, in base64.
export async function unpack({ dtype, shape, z }) {
  const bytes = atob(z);
  const packed = new Uint8Array(bytes.length).map((_, i) => bytes.charCodeAt(i));
  const stream = new Blob([packed]).stream()
    .pipeThrough(new DecompressionStream("deflate-raw"));
  const data = new TYPES[dtype](await new Response(stream).arrayBuffer());
  const size = shape.reduce((a, b) => a * b, 1);
  if (data.length !== size) throw new Error(`hay ${data.length} números, no ${size}`);
  return { shape, data };
}

// A run with its arrays, each unpacked when it is asked for.
function runOf(about, set) {
  const lazy = (name) => about[name] && remember(() => unpack(about[name]));
  return { ...about, confidence: lazy("confidence"), filters: lazy("filters"),
    predictions: remember(async () =>
      predicted(await unpack(about.beside), await set(about.set))) };
}

// Classes (E, N), from how many places after the true one each is (N, E).
function predicted({ shape: [n, epochs], data }, { labels, classes: { length: k } }) {
  const at = (i) => (data[(i % n) * epochs + Math.floor(i / n)] + labels[i % n]) % k;
  return { shape: [epochs, n], data: Uint16Array.from(data, (_, i) => at(i)) };
}

// A network's layers with their weights.
export const layersOf = remember((layers) => Promise.all(layers.map(async (layer) => {
  if (!layer.weight) return layer;
  const [weight, bias] = await Promise.all([unpack(layer.weight), unpack(layer.bias)]);
  return { ...layer, weight, bias: bias.data };
})));

// A test set: its labels, and where in the sprite each image is.
async function setOf(name, about) {
  const { have, columns, src } = about.images;
  const { data: labels } = await unpack(about.labels);
  const held = have ? [...(await unpack(have)).data] : [...labels.keys()];
  const cells = new Map(held.map((index, cell) => [index, cell]));
  return { ...about, name, labels, held, // positions of the images with a picture
    has: (index) => cells.has(index),
    sprite: remember(() => {
      const image = Object.assign(new Image(), { src });
      return image.decode().then(() => image);
    }),
    place: (index) => [cells.get(index) % columns, Math.floor(cells.get(index) / columns)] };
}

// Draw one image of a set, once its sprite is there.
export async function paint(canvas, set, index) {
  const [sprite, { size }] = [await set.sprite(), set];
  const place = set.place(index).map((at, i) => at * size[i]);
  [canvas.width, canvas.height] = size;
  const context = canvas.getContext("2d");
  context.drawImage(sprite, ...place, ...size, 0, 0, ...size);
  return context;
}

// Pixels of one image, (C, H, W) of bytes.
export async function pixelsOf(set, index) {
  const context = await paint(document.createElement("canvas"), set, index);
  return planes(context.getImageData(0, 0, ...set.size).data, set.channels);
}

// Four bytes a pixel into (C, H, W).
export function planes(rgba, channels) {
  const area = rgba.length / 4;
  return new Uint8Array(channels * area).map((_, i) =>
    rgba[4 * (i % area) + Math.floor(i / area)]);
}

function remember(find) {
  const known = new Map();
  return (key) => known.get(key) ?? known.set(key, find(key)).get(key);
}
