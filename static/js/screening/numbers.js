// How numbers are written beside a figure: as many digits as are worth reading, infinity as a sign.

import { _, fill } from "../words.js";

const SIGNS = { inf: "∞", "-inf": "−∞" };

const signed = (value, write) => (value === null || value === undefined ? "–" : (SIGNS[value] ?? write(value)));

// 12.3 %, 0.012 %, 99.9964 %: near 0 and near 1 more digits, or they would all look alike.
export const percent = (value) => signed(value, (share) => {
  const edge = Math.min(share, 1 - share);
  const digits = edge <= 0 || edge >= 0.01 ? 1 : Math.min(6, Math.ceil(-Math.log10(edge)));
  return `${(100 * share).toFixed(digits)} %`;
});

export const count = (value) => signed(value, (n) => {
  if (n !== 0 && n < 10) return n.toFixed(n < 1 ? 2 : 1);
  return Math.round(n).toString().replace(/\B(?=(\d{3})+(?!\d))/g, " ");
});

export const ratio = (value) => signed(value, (n) => (n < 0.1 ? n.toFixed(3) : n < 10 ? n.toFixed(2) : n.toFixed(1)));

export const limits = ([, lower, upper], write) => (lower === null || lower === undefined ? "" : fill(_("%(lower)s to %(upper)s"), { lower: write(lower), upper: write(upper) }));
