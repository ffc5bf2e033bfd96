// Warns before the server ends a session, and hides the page once it has. What was typed stays: after signing in again
// in another tab the page comes back as it was. The server's word counts, so tabs need not know of each other.

import { _, fill } from "./words.js";

const dialog = document.getElementById("idle");
const { url, who, warn } = dialog.dataset;
const part = (name) => dialog.querySelector(`[data-${name}]`);
const TOLD_AT = [60, 30, 10]; // seconds before the end that a screen reader hears of
const RETRY_S = 15; // while the server cannot be reached
const content = [...document.body.children].filter((one) => one !== dialog && one.tagName !== "SCRIPT");
let timer = 0;
let isOver = false;
let lastTold = Infinity;

const cookie = (name) => document.cookie.split("; ").find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1);
const after = (seconds, what) => {
  clearTimeout(timer);
  timer = setTimeout(what, 1000 * Math.max(seconds, 0.2));
};

async function ask(method = "GET") {
  const headers = method === "POST" ? { "X-CSRFToken": cookie("csrftoken") ?? part("leave").elements.csrfmiddlewaretoken.value } : {};
  try {
    const answer = await fetch(url, { method, headers, cache: "no-store", credentials: "same-origin" });
    const told = await answer.json();
    return String(told.who) === who ? told.seconds_left : 0;
  } catch {
    return null; // nobody answered
  }
}

async function look() {
  const left = await ask();
  if (left === null) return after(RETRY_S, look);
  if (left <= 0) return end();
  if (isOver) resume();
  if (left > warn) {
    if (dialog.open) dialog.close();
    return after(left - warn, look);
  }
  return count(performance.now() + 1000 * left);
}

function count(until) {
  const left = Math.ceil((until - performance.now()) / 1000);
  if (left <= 0) return after(0.2, look); // the server has the last word
  part("countdown").textContent = words(left);
  if (!dialog.open) {
    lastTold = Infinity;
    part("told").textContent = "";
    dialog.showModal();
  }
  const due = TOLD_AT.findLast((seconds) => left <= seconds);
  if (due < lastTold) part("told").textContent = fill(_("You will be signed out in %(time)s."), { time: words((lastTold = due)) });
  return after(1, () => count(until));
}

const words = (seconds) =>
  seconds > 60
    ? fill(_("%(minutes)s min %(seconds)s s"), { minutes: Math.floor(seconds / 60), seconds: seconds % 60 })
    : fill(_("%(seconds)s seconds"), { seconds });

function end() {
  isOver = true;
  clearTimeout(timer);
  for (const one of content) one.style.setProperty("visibility", "hidden");
  face(true);
  if (!dialog.open) dialog.showModal();
  part("again").focus();
}

// Signing in changed what forms have to show.
function resume() {
  isOver = false;
  for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = cookie("csrftoken") ?? field.value;
  for (const one of content) one.style.removeProperty("visibility");
  dialog.close();
  face(false);
}

// What the window says: that the session is about to end, or that it has.
function face(over) {
  document.getElementById("idle-title").textContent = over ? _("You were signed out") : _("Are you still there?");
  document.getElementById("idle-text").hidden = part("stay").hidden = part("leave").hidden = over;
  document.getElementById("idle-over").hidden = part("again").hidden = !over;
  dialog.setAttribute("aria-describedby", over ? "idle-over" : "idle-text");
  part("told").textContent = "";
}

async function stay() {
  await ask("POST");
  await look();
}

part("stay").addEventListener("click", stay);
dialog.addEventListener("cancel", (event) => {
  event.preventDefault(); // Escape
  if (!isOver) stay();
});
for (const happening of ["focus", "pageshow"]) window.addEventListener(happening, () => (isOver || dialog.open) && look());
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && look());
look();
