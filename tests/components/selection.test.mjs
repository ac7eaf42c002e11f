// Which images a cell has, in what order, on what page.

import assert from "node:assert/strict";
import { test } from "node:test";
import { reference } from "./reference.mjs";
import {
  confusion, imagesOf, mean, pageOf, pages, pairsOf, rowOf, shares,
} from "../../informe/explore/components/selection.js";

const labels = Uint8Array.of(0, 0, 0, 1, 1, 2);
const predicted = [Uint8Array.of(0, 1, 1, 1, 0, 1), Uint8Array.of(1, 1, 0, 1, 1, 1)];
const confidence = [Uint16Array.of(9, 5, 7, 9, 3, 1), Uint16Array.of(2, 8, 9, 4, 6, 9)];
const indices = (found) => found.map(({ index }) => index);

test("counts are those of scikit-learn, also as means and shares", () => {
  const { labels: true_, rows, k, counts } = reference.confusion;
  const all = rows.map((row) => confusion(Uint8Array.from(true_), row, k));
  all.forEach((one, i) => assert.deepEqual([...one], counts[i].flat()));
  const average = mean(all);
  assert.equal(average[1], (all[0][1] + all[1][1] + all[2][1]) / 3);
  const rows_ = shares(all[0], k, "rows");
  assert.ok(Math.abs(rows_.slice(0, k).reduce((a, b) => a + b) - 1) < 1e-12);
  const none = shares(Float64Array.of(0, 0, 1, 1), 2, "rows");
  assert.ok(Number.isNaN(none[0]));
});

test("one network's images go by probability, equal ones by position", () => {
  const equal = [Uint16Array.of(9, 5, 5, 9, 3, 1)];
  assert.deepEqual(indices(imagesOf(labels, [predicted[0]], equal, [0, 1])), [1, 2]);
  const found = imagesOf(labels, [predicted[0]], [confidence[0]], [0, 1]);
  assert.deepEqual(indices(found), [2, 1]);
  assert.equal(found[0].probability, 7 / 4095);
});

test("several networks' images go by the number of seeds, then by mean probability", () => {
  const found = imagesOf(labels, predicted, confidence, [0, 1]);
  assert.deepEqual(found.map(({ index, seeds }) => [index, seeds]), [[1, 2], [2, 1], [0, 1]]);
  assert.equal(found[0].probability, 6.5 / 4095);
});

test("without probabilities the order is that of the set", () => {
  const found = imagesOf(labels, predicted, null, [0, null]);
  assert.deepEqual(indices(found), [0, 1, 2]);
  assert.equal(found[0].probability, null);
});

test("a whole row or column can be chosen, with or without what is right", () => {
  assert.deepEqual(indices(imagesOf(labels, [predicted[0]], [confidence[0]], [null, 1])),
    [3, 2, 1, 5]);
  assert.deepEqual(
    indices(imagesOf(labels, [predicted[0]], [confidence[0]], [null, 1], true)), [2, 1, 5]);
  assert.equal(imagesOf(labels, predicted, confidence, [2, null])[0].predicted, 1);
});

test("the four cells of two networks hold every image once", () => {
  const [a, b] = predicted.map((row, i) => ({ predicted: row, confidence: confidence[i] }));
  assert.deepEqual(pairsOf(labels, a, b), [[[3], [0]], [[2, 4], [1, 5]]]);
  assert.deepEqual(pairsOf(labels, a, b, 1), [[[3], []], [[4], []]]);
});

test("pages begin at 1 and the last one may be short", () => {
  const list = Array.from({ length: 50 }, (_, i) => i);
  assert.deepEqual([pages(0), pages(24), pages(25), pages(50)], [1, 1, 2, 3]);
  assert.deepEqual(pageOf(list, 3), [48, 49]);
  const table = { shape: [2, 3], data: Uint8Array.of(1, 2, 3, 4, 5, 6) };
  assert.deepEqual([...rowOf(table, 2)], [4, 5, 6]);
});
