// Colours of cells and of maps, and the contrast that makes text on them readable.

// From nothing to everything, on a light page and on a dark one.
const RAMPS = [
  [[244, 246, 249], [107, 174, 214], [8, 48, 107]],
  [[30, 35, 42], [33, 113, 181], [198, 219, 239]],
];
// The colour-blind tell them apart.
const PURPLE = [84, 39, 136];
const ORANGE = [179, 88, 6];

// Style of a cell that holds a share from 0 to 1; light-dark() chooses by the theme.
export function shade(share) {
  const both = RAMPS.map((ramp) => along(ramp, share || 0));
  return {
    background: `light-dark(${both.map(css).join(", ")})`,
    color: `light-dark(${both.map(inkOn).join(", ")})`,
  };
}

// Black or white, whichever contrasts more with a background (WCAG 2.2).
export function inkOn(background) {
  const light = luminance(background) + 0.05;
  return light / 0.05 >= 1.05 / light ? "#000" : "#fff";
}

export function luminance(rgb) {
  const [r, g, b] = rgb.map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

// Colour of a share from -1, purple, to 1, orange; 0 is white. The root shows the small.
export const signed = (share) =>
  mix([255, 255, 255], share < 0 ? PURPLE : ORANGE, Math.sqrt(Math.abs(share)));

const along = ([low, middle, high], share) =>
  (share < 0.5 ? mix(low, middle, 2 * share) : mix(middle, high, 2 * share - 1));

const mix = (a, b, share) => a.map((c, i) => Math.round(c + share * (b[i] - c)));
export const css = (rgb) => `rgb(${rgb.join(" ")})`;
