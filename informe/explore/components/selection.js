// What a matrix counts, and which images a cell has, in what order, on what page.

export const PER_PAGE = 24;
export const SURE = 4095; // stands for a probability of 1

// Counts (K × K): a row for each true class, a column for each predicted one.
export function confusion(labels, predicted, k) {
  const counts = new Float64Array(k * k);
  labels.forEach((label, i) => (counts[label * k + predicted[i]] += 1));
  return counts;
}

export const mean = (list) =>
  list[0].map((_, i) => list.reduce((total, a) => total + a[i], 0) / list.length);

// Counts, or their share of the row or of the column; NaN for 0/0.
export function shares(counts, k, values) {
  if (values === "counts") return counts;
  const line = (i) => (values === "rows" ? Math.floor(i / k) : i % k);
  const sums = new Float64Array(k);
  counts.forEach((n, i) => (sums[line(i)] += n));
  return counts.map((n, i) => n / sums[line(i)]);
}

// The predictions after an epoch, counted from 1.
export const rowOf = ({ shape: [, n], data }, epoch) =>
  data.subarray((epoch - 1) * n, epoch * n);

// Images that at least one of the seeds puts into a cell: by the number of seeds, then
// by the mean probability that these give it, then by position. A class that is null
// stands for all; `errors` leaves out what a seed gets right. `predicted` has a row for
// each seed, `confidence` (0 to SURE) too; without the latter, order is by position.
export function imagesOf(labels, predicted, confidence, [row, column], errors = false) {
  const found = [];
  labels.forEach((label, index) => {
    if (row !== null && label !== row) return;
    const there = predicted.map((_, seed) => seed).filter((seed) => {
      const given = predicted[seed][index];
      return (column === null || given === column) && !(errors && given === label);
    });
    if (!there.length) return;
    const probability = confidence
      && there.reduce((sure, s) => sure + confidence[s][index], 0) / there.length / SURE;
    found.push({ index, label, probability, seeds: there.length,
      predicted: column ?? mostCommon(there.map((seed) => predicted[seed][index])) });
  });
  return confidence ? found.sort((a, b) =>
    b.seeds - a.seeds || b.probability - a.probability || a.index - b.index) : found;
}

function mostCommon(values) {
  const votes = (value) => values.filter((other) => other === value).length;
  return values.reduce((best, value) => (votes(value) > votes(best) ? value : best));
}

// Two networks on the same images: the positions of the four cells, in rows of A and
// columns of B: right, wrong. They go by the sum of the two probabilities.
export function pairsOf(labels, a, b, only = null) {
  const cells = [[[], []], [[], []]];
  labels.forEach((label, i) => {
    if (only === null || label === only)
      cells[+(a.predicted[i] !== label)][+(b.predicted[i] !== label)].push(i);
  });
  const sure = (i) => a.confidence[i] + b.confidence[i];
  for (const cell of cells.flat()) cell.sort((i, j) => sure(j) - sure(i) || i - j);
  return cells;
}

export const pages = (n) => Math.max(1, Math.ceil(n / PER_PAGE));
export const pageOf = (list, page) => list.slice((page - 1) * PER_PAGE, page * PER_PAGE);
