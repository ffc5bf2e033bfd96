// Is this a screen to read faces on? A clear yes or no, and what to do about a no.

import { insist, post } from "./api.js";
import { Card } from "./card.js";
import { periodOf, watchFrames } from "./frames.js";
import { KeyChoice } from "./keychoice.js";
import { _, fill } from "../words.js";

const SMALLEST_FACE = 260; // CSS pixels of height
const form = document.getElementById("device-check");
const list = form.querySelector("ul");
const verdict = form.querySelector("[data-verdict]");
const page = JSON.parse(document.getElementById("device-page").textContent);
const keyChoice = new KeyChoice(form.querySelector("[data-keys]"), page);
const card = new Card(form.querySelector("[data-calibration]"));

function measured(period, steadiness, { keys, input }) {
  const [width, height] = [innerWidth, innerHeight];
  const isWide = width > height;
  const room = isWide ? Math.min(height - 70, (width * 0.6) / 0.8) : Math.min(height - 240, (width - 16) / 0.8);
  return {
    viewport: [width, height],
    screen: [screen.width, screen.height],
    face_height: Math.round(room),
    pixel_ratio: devicePixelRatio,
    zoom: Number((visualViewport?.scale ?? 1).toFixed(2)),
    refresh_hz: Math.round(1000 / period),
    late_frames: steadiness,
    input,
    keys,
    ...card.measured,
    has_storage: "indexedDB" in window,
    is_isolated: window.crossOriginIsolated,
    user_agent: navigator.userAgent,
  };
}

// [label, sentence, "good" | "warn" | "bad"]
function findings(device) {
  const { face_height: face, refresh_hz: hz, late_frames: late } = device;
  return [
    face >= SMALLEST_FACE
      ? [_("Size"), fill(_("A face is %(n)s pixels high here, all of it in view."), { n: face }), "good"]
      : [_("Size"), fill(_("A face would be only %(n)s pixels high: make the window larger or turn the device."), { n: face }), "bad"],
    hz >= 20 && hz <= 400
      ? [_("Refresh"), fill(_("%(n)s pictures a second."), { n: hz }), "good"]
      : [_("Refresh"), fill(_("Measured %(n)s pictures a second: close other programs and check again."), { n: hz }), "bad"],
    late > 6
      ? [_("Steadiness"), fill(_("%(n)s of 60 pictures came late: close other programs, plug in the charger."), { n: late }), "warn"]
      : [_("Steadiness"), _("The screen keeps time."), "good"],
    device.zoom === 1 ? [_("Zoom"), _("Not zoomed."), "good"] : [_("Zoom"), _("The page is zoomed: set it back to 100 %."), "warn"],
    device.has_storage
      ? [_("Safety"), _("Answers are kept in this browser until the server has them."), "good"]
      : [_("Safety"), _("This browser keeps nothing: do not read in a private window."), "warn"],
  ];
}

function show(rows) {
  list.replaceChildren(
    ...rows.map(([label, sentence, state]) => {
      const item = document.createElement("li");
      item.className = state;
      const name = document.createElement("b");
      name.textContent = label;
      item.append(name, ` ${sentence}`);
      return item;
    }),
  );
}

async function check(event) {
  event.preventDefault();
  const button = form.querySelector("[type=submit]");
  button.disabled = true;
  verdict.textContent = _("Measuring the screen …");
  const stamps = await watchFrames(60);
  const period = periodOf(stamps);
  const late = stamps.slice(1).filter((stamp, i) => stamp - stamps[i] > 1.5 * period).length;
  verdict.textContent = _("Now the keys.");
  const device = measured(period, late, await keyChoice.ask());
  const rows = findings(device);
  show(rows);
  if (rows.some(([, , state]) => state === "bad")) {
    verdict.textContent = _("No: please mend what is marked and check again.");
    button.disabled = false;
    return;
  }
  const saved = await insist(() => post(page.url, { device }), (word) => { if (word) verdict.textContent = _("No connection, trying again …"); });
  if (!saved.ok) {
    verdict.textContent = saved.data.detail ?? _("The server did not take the check. Please try again.");
    button.disabled = false;
    return;
  }
  verdict.textContent = _("Yes: this device will do.");
  const go = form.querySelector("[data-go]");
  go.hidden = false;
  button.hidden = true;
  go.focus();
}

form.addEventListener("submit", check);
form.querySelector("[type=submit]").disabled = false; // before this script is here, a press would only reload the page
