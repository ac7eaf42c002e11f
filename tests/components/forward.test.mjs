// Every layer against torch, on weights that tests/test_components.py drew.

import assert from "node:assert/strict";
import { test } from "node:test";
import { documentOf, reference } from "./reference.mjs";
import { decision, forward, softmax } from "../../informe/explore/components/forward.js";
import { layersOf, openStore, unpack } from "../../informe/explore/components/store.js";

for (const [name, { pixels, shape, outputs }] of Object.entries(reference.networks))
  test(`${name}: every layer's output is torch's`, async () => {
    const layers = await layersOf(openStore(documentOf).run(name).layers);
    const found = forward(layers, pixels, shape);
    assert.equal(found.length, outputs.length);
    outputs.forEach((expected, i) => {
      assert.deepEqual(found[i].shape, expected.shape);
      expected.data.forEach((value, j) =>
        assert.ok(Math.abs(found[i].data[j] - value) < 1e-4, `layer ${i}, number ${j}`));
    });
    const shares = softmax(found.at(-1).data);
    assert.ok(Math.abs(shares.reduce((a, b) => a + b) - 1) < 1e-12);
  });

for (const [name, { images, shape, logits }] of Object.entries(reference.answers))
  test(`${name}: the logits of 200 test images are torch's`, async () => {
    const layers = await layersOf(openStore(documentOf).run(name).layers);
    const { data } = await unpack(images);
    const size = data.length / logits.length;
    assert.equal(logits.length, 200);
    logits.forEach((expected, n) => {
      const pixels = data.subarray(n * size, (n + 1) * size);
      const found = forward(layers, pixels, shape).at(-1).data;
      expected.forEach((value, k) => assert.ok(Math.abs(found[k] - value) < 1e-4, `image ${n}`));
    });
  });

test("a network of functions and methods is a chain with torch's outputs", async () => {
  const { layers, shape, images, outputs } = reference.written;
  const unpacked = await layersOf(layers);
  images.forEach((pixels, n) => forward(unpacked, pixels, shape).at(-1).data
    .forEach((value, k) => assert.ok(Math.abs(value - outputs[n][k]) < 1e-4)));
});

test("outputs that tie, or are no numbers, decide nothing", () => {
  assert.equal(decision(Float32Array.of(0, 2, 1)), 1);
  assert.equal(decision(Float32Array.of(0, 2, 2)), null);
  assert.equal(decision(new Float32Array(10)), null);
  assert.equal(decision(Float32Array.of(1, NaN)), null);
});

test("an unknown layer is named", () => {
  assert.throws(() => forward([{ kind: "LSTM" }], [1], [1, 1, 1]), /LSTM/);
});
