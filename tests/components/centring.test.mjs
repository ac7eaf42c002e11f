// Scaling, centring and inverting against what Pillow and scipy make of the same pixels.

import assert from "node:assert/strict";
import { test } from "node:test";
import { reference } from "./reference.mjs";
import {
  centre, fitMiddle, greyOf, resize,
} from "../../informe/explore/components/centring.js";

const bytes = (list) => Uint8ClampedArray.from(list);

function isNear(found, expected) {
  assert.equal(found.length, expected.length);
  const worst = Math.max(...expected.map((value, i) => Math.abs(value - found[i])));
  assert.ok(worst <= 2, `${worst} grey levels apart`);
}

test("planes are scaled as Pillow does", () => {
  for (const { plane, from, to, result } of reference.scaled)
    isNear(resize(bytes(plane), from, to), result);
});

test("drawings get MNIST's size and place", () => {
  for (const { ink, width, height, result } of reference.drawings) {
    const found = centre(bytes(ink), width, height, [28, 28], 20);
    isNear(found, result);
    // where there is ink, it is in the same rows and columns
    found.forEach((value, i) => assert.equal(value > 2 && result[i] === 0, false));
  }
});

test("a sheet without ink is no drawing", () => {
  assert.equal(centre(new Uint8ClampedArray(100).fill(16), 10, 10, [28, 28], 20), null);
});

test("a file becomes what the data set's images are", () => {
  const { rgba, width, height, grey, inverted, colour, side } = reference.file;
  const found = greyOf(bytes(rgba), width, height, true);
  assert.equal(found.inverted, inverted);
  isNear(found.grey, grey);
  isNear(greyOf(bytes(rgba), width, height, false).grey, grey.map((v) => 255 - v));
  const planes = bytes([0, 1, 2].flatMap((c) => rgba.filter((_, i) => i % 4 === c)));
  isNear(fitMiddle(planes, width, height, [side, side]), colour);
});
