// The two buttons beside an invitation.
import { _ } from "../words.js";

const link = document.querySelector("[data-copy]");
const copy = document.querySelector("[data-do=copy]");
document.querySelector("[data-do=print]")?.addEventListener("click", () => window.print());
copy?.addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(link.textContent.trim());
    copy.textContent = _("Copied");
  } catch {
    // No clipboard on an insecure origin: mark the text, so that the keyboard can copy it.
    window.getSelection().selectAllChildren(link);
    copy.textContent = _("Marked: copy it with Ctrl-C");
  }
});
