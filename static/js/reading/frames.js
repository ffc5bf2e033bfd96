// The screen's clock.

export const frame = () => new Promise(requestAnimationFrame);

// Milliseconds per frame. The stamps are rounded to 0.1 ms, so the median gap of a 60 Hz screen reads 16.7; over 600
// frames that is 20 ms off. The way from the first stamp to the last, counted in whole frames, is exact.
export function periodOf(stamps) {
  const gaps = stamps.slice(1).map((stamp, i) => stamp - stamps[i]).filter((gap) => gap > 1); // not the same frame twice
  if (!gaps.length) return 1000 / 60;
  // A machine that drops every other frame makes the median gap two frames long: the short gaps tell the frame.
  const short = gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length / 8)];
  const frames = gaps.reduce((sum, gap) => sum + Math.max(1, Math.round(gap / short)), 0);
  return (stamps.at(-1) - stamps[0]) / frames;
}

// At least so many stamps, over at least so many milliseconds.
export async function watchFrames(count, ms = 0) {
  const stamps = [await frame()];
  while (stamps.length <= count || stamps.at(-1) - stamps[0] < ms) stamps.push(await frame());
  return stamps;
}
