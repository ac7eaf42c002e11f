// Pictures made like those of a data set: scaled, centred as MNIST's, inverted.

const BOX = 20; // pixels of the box that MNIST's digits fit
const SIDE = 28;
const FAINT = 16; // ink up to this grey level does not extend the box

// Round to the nearest integer, halves to the even one.
const even = (x) => (x - Math.floor(x) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x));

// A size whose longer side is `side`, in the same proportions.
function within(size, side) {
  return size.map((n) => Math.max(1, even((n * side) / Math.max(...size))));
}

// Scale a plane of bytes; where it shrinks, all pixels below a new one are averaged.
export function resize(plane, [width, height], [wide, high]) {
  return squeeze(squeeze(plane, width, height, wide), height, wide, high);
}

// Scale the rows to `target` pixels, and transpose: twice makes rows and columns.
function squeeze(plane, width, height, target) {
  const scale = width / target;
  const reach = Math.max(1, scale);
  const result = new Uint8ClampedArray(target * height);
  for (let i = 0; i < target; i++) {
    const middle = (i + 0.5) * scale;
    const first = Math.max(0, Math.floor(middle - reach + 0.5));
    const end = Math.min(width, Math.floor(middle + reach + 0.5));
    const weights = Array.from({ length: end - first },
      (_, j) => Math.max(0, 1 - Math.abs(first + j - middle + 0.5) / reach));
    const total = weights.reduce((a, b) => a + b);
    for (let y = 0; y < height; y++) {
      let value = 0;
      for (let j = 0; j < weights.length; j++)
        value += weights[j] * plane[y * width + first + j];
      result[i * height + y] = Math.floor(value / total + 0.5);
    }
  }
  return result;
}

// A drawing, 0 for paper, as MNIST: its longer side becomes 20 pixels, its centre of
// mass the middle of 28 × 28 (LeCun et al., 1998). Without ink, null.
export function centre(ink, width, height) {
  const marked = [width, height].map((n) => new Uint8Array(n));
  ink.forEach((value, i) => {
    if (value > FAINT) marked[0][i % width] = marked[1][Math.floor(i / width)] = 1;
  });
  if (!marked[0].includes(1)) return null;
  const corner = marked.map((line) => line.indexOf(1));
  const size = marked.map((line, i) => line.lastIndexOf(1) - corner[i] + 1);
  const small = within(size, BOX);
  const digit = resize(paste(ink, width, corner, size), size, small);
  let [mass, x, y] = [0, 0, 0];
  digit.forEach((value, i) => {
    mass += value;
    x += value * (i % small[0]);
    y += value * Math.floor(i / small[0]);
  });
  const start = [x, y].map((sum_, i) =>
    Math.min(Math.max(even(SIDE / 2 - sum_ / mass), 0), SIDE - small[i]));
  return paste(digit, small[0], start.map((n) => -n), [SIDE, SIDE]);
}

// The part of a plane that starts at (x, y) and has a size; beyond the plane it is 0.
function paste(plane, width, [x, y], [wide, high]) {
  return new Uint8ClampedArray(wide * high).map((_, i) => {
    const column = x + (i % wide);
    const at = (y + Math.floor(i / wide)) * width + column;
    return column < 0 || column >= width ? 0 : (plane[at] ?? 0);
  });
}

// Grey levels of RGBA pixels; where the border is light they are inverted, since these
// networks learnt with a black background.
export function greyOf(rgba, width, height) {
  const grey = new Uint8ClampedArray(width * height).map((_, i) =>
    (19595 * rgba[4 * i] + 38470 * rgba[4 * i + 1] + 7471 * rgba[4 * i + 2] + 32768) >> 16);
  const lines = [...Array(height).keys()].map((y) => y * width);
  const border = [...grey.subarray(0, width), ...grey.subarray(-width),
    ...lines.flatMap((start) => [grey[start], grey[start + width - 1]])];
  const inverted = border.reduce((a, b) => a + b) > 127 * border.length;
  return { grey: inverted ? grey.map((v) => 255 - v) : grey, inverted };
}

// The whole picture on a black square.
export function fitGrey(grey, width, height, side) {
  const size = within([width, height], side);
  const start = size.map((n) => -even((side - n) / 2));
  return paste(resize(grey, [width, height], size), size[0], start, [side, side]);
}

// The middle square in colours: of three planes, (3, side, side).
export function fitColour(colours, width, height, side) {
  const edge = Math.min(width, height);
  const start = [width, height].map((n) => Math.floor((n - edge) / 2));
  const area = width * height;
  return Uint8ClampedArray.from([0, 1, 2].flatMap((c) => {
    const plane = colours.subarray(c * area, (c + 1) * area);
    return [...resize(paste(plane, width, start, [edge, edge]), [edge, edge], [side, side])];
  }));
}
