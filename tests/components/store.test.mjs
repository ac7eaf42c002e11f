// Documents: packed arrays, positions in a sprite, what is missing, what is told.

import assert from "node:assert/strict";
import { test } from "node:test";
import { documentOf, reference } from "./reference.mjs";
import { openStore, planes, unpack } from "../../informe/explore/components/store.js";
import { shade, inkOn, luminance } from "../../informe/explore/components/colours.js";

const store = openStore(documentOf);

test("arrays come out as numpy packed them", async () => {
  for (const [array, expected] of reference.arrays)
    assert.deepEqual([...(await unpack(array)).data], expected);
  const [[array]] = reference.arrays;
  await assert.rejects(unpack({ ...array, shape: [99] }), /no 99/);
});

test("a set knows which images have a picture, and where", async () => {
  const some = await store.set("set-some");
  assert.deepEqual([0, 1, 5, 6].map(some.has), [false, true, true, false]);
  assert.deepEqual(some.place(5), [0, 1]); // the third of two columns
  const all = await store.set("set-all");
  assert.deepEqual([all.has(5), all.has(6), all.place(5)], [true, false, [1, 2]]);
});

test("what is missing is named, also if it is asked for twice", () => {
  for (let i = 0; i < 2; i++) assert.throws(() => store.run("ninguno"), /run-ninguno/);
});

test("a run is read once", () => {
  const [name] = Object.keys(reference.networks);
  assert.equal(store.run(name), store.run(name));
});

test("what one component tells, the others hear", () => {
  const heard = [];
  store.hear("seed", (detail) => heard.push(detail));
  store.tell("seed", { part: "mnist", seed: 3 });
  store.tell("epoch", { part: "mnist", epoch: 1 });
  assert.deepEqual(heard, [{ part: "mnist", seed: 3 }]);
});

test("pixels of a canvas become planes", () => {
  assert.deepEqual([...planes([1, 2, 3, 255, 4, 5, 6, 255], 3)], [1, 4, 2, 5, 3, 6]);
});

test("text contrasts with every colour of a cell, in both themes", () => {
  const light = (css) => (css.startsWith("#") ? { "#000": 0, "#fff": 1 }[css]
    : luminance(css.match(/\d+/g).map(Number)));
  for (let share = 0; share <= 1; share += 0.01) {
    const [backs, inks] = Object.values(shade(share)).map((css) =>
      css.match(/rgb\([^)]*\)|#\w+/g).map(light));
    backs.forEach((back, i) => {
      const [low, high] = [back, inks[i]].sort((a, b) => a - b);
      assert.ok((high + 0.05) / (low + 0.05) >= 4.5);
    });
  }
  assert.deepEqual([inkOn([255, 255, 255]), inkOn([0, 0, 0])], ["#000", "#fff"]);
});
