// Pictures made like those of a data set: scaled, centred as MNIST's, inverted.

const FAINT = 16; // ink up to this grey level does not extend the box

// Round to the nearest integer, halves to the even one.
const even = (x) => (x - Math.floor(x) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x));

// The largest size in the same proportions that fits another.
function within(size, room) {
  const zoom = Math.min(...room.map((n, i) => n / size[i]));
  return size.map((n) => Math.max(1, even(n * zoom)));
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

// A drawing, 0 for paper, as MNIST's digits: its longer side becomes `box` pixels, its
// centre of mass the middle of the image's `room` (LeCun et al., 1998). Without ink, null.
export function centre(ink, width, height, room, box) {
  const marked = [width, height].map((n) => new Uint8Array(n));
  ink.forEach((value, i) => {
    if (value > FAINT) marked[0][i % width] = marked[1][Math.floor(i / width)] = 1;
  });
  if (!marked[0].includes(1)) return null;
  const corner = marked.map((line) => line.indexOf(1));
  const size = marked.map((line, i) => line.lastIndexOf(1) - corner[i] + 1);
  const small = within(size, [box, box]);
  const digit = resize(paste(ink, width, corner, size), size, small);
  let [mass, x, y] = [0, 0, 0];
  digit.forEach((value, i) => {
    mass += value;
    x += value * (i % small[0]);
    y += value * Math.floor(i / small[0]);
  });
  const start = [x, y].map((sum_, i) =>
    Math.min(Math.max(even(room[i] / 2 - sum_ / mass), 0), room[i] - small[i]));
  return paste(digit, small[0], start.map((n) => -n), room);
}

// The part of a plane that starts at (x, y) and has a size; beyond the plane it is 0.
function paste(plane, width, [x, y], [wide, high]) {
  return new Uint8ClampedArray(wide * high).map((_, i) => {
    const column = x + (i % wide);
    const at = (y + Math.floor(i / wide)) * width + column;
    return column < 0 || column >= width ? 0 : (plane[at] ?? 0);
  });
}

// Grey levels of RGBA pixels. For networks that learnt `onBlack` they are inverted where
// the border is light.
export function greyOf(rgba, width, height, onBlack) {
  const grey = new Uint8ClampedArray(width * height).map((_, i) =>
    (19595 * rgba[4 * i] + 38470 * rgba[4 * i + 1] + 7471 * rgba[4 * i + 2] + 32768) >> 16);
  const lines = [...Array(height).keys()].map((y) => y * width);
  const border = [...grey.subarray(0, width), ...grey.subarray(-width),
    ...lines.flatMap((start) => [grey[start], grey[start + width - 1]])];
  const inverted = onBlack && border.reduce((a, b) => a + b) > 127 * border.length;
  return { grey: inverted ? grey.map((v) => 255 - v) : grey, inverted };
}

// The middle of a picture, plane after plane, in the proportions of `room`.
export function fitMiddle(planes, width, height, room) {
  const size = within(room, [width, height]);
  const start = [width, height].map((n, i) => Math.floor((n - size[i]) / 2));
  const area = width * height;
  return Uint8ClampedArray.from([...Array(planes.length / area).keys()].flatMap((c) => {
    const plane = paste(planes.subarray(c * area, (c + 1) * area), width, start, size);
    return [...resize(plane, size, room)];
  }));
}
