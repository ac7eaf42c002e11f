// Numbers in Spanish, as the report prints them, and the statistics of shares.

const THIN = "\u202f"; // narrow no-break space: thousands, units
export const NBSP = "\u00a0";
const NONE = "—"; // what has no value
const Z = 1.959963984540054; // 97.5 % of the normal distribution lie below
export const WILSON = `intervalo de Wilson del 95${THIN}%`;

// As Number.toFixed, but ties go to the even digit, as in the report's texts.
export function fixed(x, digits) {
  const size = Math.abs(x);
  const text = size.toFixed(digits);
  const isTie = (size * 2 ** (digits + 1)) % 2 === 1 && text.at(-1) % 2 === 1;
  const round = isTie ? (size - 10 ** -(digits + 2)).toFixed(digits) : text;
  return (x < 0 && Number(round) ? "−" : "") + round;
}

// Four digits are not split (RAE's rule).
export const integer = (n) =>
  (n < 10000 ? String(n) : String(n).replace(/\B(?=(\d{3})+$)/g, THIN));

// Short, for cells, where `digits` is null: one decimal below 10 %, none above.
export function percent(x, digits = 1) {
  if (Number.isNaN(x)) return NONE;
  return `${fixed(100 * x, digits ?? (x < 0.0995 ? 1 : 0))}${THIN}%`;
}

export const count = (n, one, many) => `${integer(n)} ${n === 1 ? one : many}`;
export const images = (n) => count(n, "imagen", "imágenes");

// A difference of shares in percentage points, with its sign; two more digits at most
// where it would be zero without them.
export function gap(difference) {
  const x = 100 * difference;
  const text = fixed(x, [1, 2, 3].find((d) => Number(fixed(Math.abs(x), d))) ?? 1);
  return x > 0 && Number(text) ? `+${text}` : text;
}

// More digits where it would be 0.050 without being it.
export function pValue(p) {
  if (p < 0.001) return `p${NBSP}<${NBSP}0.001`;
  let digits = 3;
  while (Number(p.toFixed(digits)) === 0.05 && p !== 0.05) digits += 1;
  return `p${NBSP}=${NBSP}${fixed(p, digits)}`;
}

// Wilson's 95 % interval of `part` of `n` images.
export function wilson(part, n) {
  const share = part / n;
  const middle = share + Z ** 2 / (2 * n);
  const half = Z * Math.sqrt((share * (1 - share)) / n + (Z / (2 * n)) ** 2);
  return [middle - half, middle + half].map((end) => Math.max(0, end / (1 + Z ** 2 / n)));
}

export const shareOf = (part, n) =>
  `${percent(part / n)} [${wilson(part, n).map((end) => percent(end)).join(", ")}]`;

// Exact two-sided McNemar test: as if a coin decided each of `a` + `b` images.
export function mcnemar(a, b) {
  let [chance, tail] = [-(a + b) * Math.LN2, 0]; // log of the binomial's term; its sum
  for (let k = 0; k <= Math.min(a, b); k++) {
    tail += Math.exp(chance);
    chance += Math.log((a + b - k) / (k + 1));
  }
  return Math.min(1, 2 * tail);
}
