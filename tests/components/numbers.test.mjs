// Numbers and statistics against those that tests/test_components.py computed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { reference } from "./reference.mjs";
import {
  fixed, gap, integer, mcnemar, percent, pValue, wilson,
} from "../../informe/explore/components/numbers.js";

const { formats, intervals, tests } = reference;

test("numbers are written as the report writes them", () => {
  for (const [x, digits, words] of formats.fixed) assert.equal(fixed(x, digits), words);
  for (const [x, words] of formats.percent) assert.equal(percent(x), words);
  for (const [x, words] of formats.short) assert.equal(percent(x, null), words);
  for (const [n, words] of formats.integer) assert.equal(integer(n), words);
  for (const [x, words] of formats.gap) assert.equal(gap(x), words);
  for (const [p, words] of formats.p) assert.equal(pValue(p), words);
});

test("what has no value is a dash, and zero has no sign", () => {
  assert.equal(percent(NaN), "—");
  assert.equal(fixed(-0.001, 2), "0.00");
});

test("Wilson's interval is that of statsmodels", () => {
  for (const [part, n, ...ends] of intervals)
    wilson(part, n).forEach((end, i) => assert.ok(Math.abs(end - ends[i]) < 1e-12));
});

test("McNemar's p is that of statsmodels", () => {
  for (const [a, b, p] of tests) assert.ok(Math.abs(mcnemar(a, b) - p) < 1e-9 * (1 + p));
});
