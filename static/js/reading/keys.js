// Which keys answer: F for the left button and J for the right one, unless the reader has chosen others.

import { _, fill } from "../words.js";

const LEFT = "f";
const RIGHT = "j";
const NAMES = { " ": _("Space"), arrowleft: "←", arrowright: "→", arrowup: "↑", arrowdown: "↓" };

// The two keys on a screen with GS on this side ("left" or "right").
export function defaultKeys(gsSide) {
  return gsSide === "left" ? { gs: LEFT, not_gs: RIGHT } : { gs: RIGHT, not_gs: LEFT };
}

// What is written on the key.
export const labelOf = (key) => NAMES[key] ?? key.toUpperCase();

// Why a key cannot answer, as a sentence; empty when it can. `other` is the key of the other answer.
export function refusal(key, other = "") {
  if ([...key].length !== 1) return fill(_("%(key)s moves or controls the page. Please choose a letter or a sign."), { key: labelOf(key) });
  if (key === " ") return _("The space bar goes on to the next face. Please choose a letter.");
  if (/^[0-9]$/.test(key)) return _("The digits say how sure you are. Please choose a letter.");
  if (key === "p") return _("P asks for a pause. Please choose another letter.");
  if (key === "z") return _("Z takes an answer back. Please choose another letter.");
  if (key === other) return fill(_("%(key)s is the other answer already. Please choose two different keys."), { key: labelOf(key) });
  return "";
}
