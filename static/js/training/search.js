// Follows a search: asks for the page again every two seconds and exchanges the part that changes.

import { _, fill } from "../words.js";

const EVERY_MS = 2000;
const SLOWEST_MS = 15000;
let wait = EVERY_MS;

const ask = async () => {
  const shown = document.querySelector("[data-live]");
  try {
    const answer = await fetch(window.location.href, { cache: "no-store", headers: { Accept: "text/html" } });
    if (!answer.ok) throw new Error(fill(_("the server answered %(status)s"), { status: answer.status }));
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-live]");
    if (!fresh) throw new Error(_("you are no longer signed in"));
    wait = EVERY_MS;
    if (!("follow" in fresh.dataset)) return void window.location.reload();
    put(shown, fresh);
  } catch (error) {
    wait = Math.min(wait * 2, SLOWEST_MS);
    const trouble = shown.querySelector("[data-trouble]");
    trouble.hidden = false;
    trouble.textContent = fill(_("No news for now (%(why)s). The search itself goes on; trying again."), { why: error.message });
  }
  setTimeout(ask, document.hidden ? SLOWEST_MS : wait);
};

// The cancel button keeps its place and focus, the table how far it was scrolled.
const put = (shown, fresh) => {
  const [old, now] = [shown, fresh].map((part) => part.querySelector("section:last-of-type"));
  const left = old.querySelector(".table-wrap").scrollLeft;
  old.replaceChildren(...document.importNode(now, true).childNodes);
  old.querySelector(".table-wrap").scrollLeft = left;
};

if (document.querySelector("[data-live][data-follow]")) setTimeout(ask, EVERY_MS);
