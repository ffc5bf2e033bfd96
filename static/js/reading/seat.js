// One page reads at a time: a second tab of the same browser waits, or takes over when the reader says so.

import { pause } from "./api.js";

const TRIES = 12; // a page that is being reloaded lets go of its seat within about a second

// Resolves with true once the seat is taken; `lost` is called when another tab takes it over.
export async function takeSeat(name, { isForced = false, lost }) {
  if (!navigator.locks) return true; // not on a plain http address: then the server alone keeps order
  for (let i = 0; i < (isForced ? 1 : TRIES); i += 1) {
    if (await request(name, isForced, lost)) return true;
    await pause(100);
  }
  return false;
}

function request(name, isForced, lost) {
  return new Promise((resolve) => {
    const options = isForced ? { steal: true } : { ifAvailable: true };
    navigator.locks
      .request(name, options, (lock) => {
        resolve(lock !== null);
        return lock === null ? undefined : new Promise(() => {});
      })
      .catch(() => lost());
  });
}
