// Dropping, choosing or taking a photo: it is shown before it is sent, and a file that cannot be one is named at once.

import { _ } from "../words.js";

const drop = document.querySelector("[data-drop]");
const form = document.querySelector("[data-screen]");
const LARGEST = 30_000_000; // bytes, as on the server

const setUp = () => {
  const input = drop.querySelector("input[type=file]");
  const shown = drop.querySelector("[data-chosen]");
  const said = drop.querySelector("[data-said]");
  const camera = drop.querySelector("[data-camera]");

  const show = () => {
    const [file] = input.files;
    if (shown.src) URL.revokeObjectURL(shown.src);
    shown.hidden = true;
    shown.removeAttribute("src");
    input.setCustomValidity("");
    if (!file) return void (said.textContent = "");
    const told = `${file.name}, ${(file.size / 1e6).toFixed(1)} MB`;
    said.textContent = told;
    if (file.size > LARGEST) {
      said.textContent = `${told}${_(": larger than 30 MB, send a smaller copy.")}`;
      return void input.setCustomValidity(_("The file is larger than 30 MB: send a smaller copy."));
    }
    shown.onload = () => (shown.hidden = false); // a HEIC that the browser cannot draw stays unseen; the server can
    shown.src = URL.createObjectURL(file);
  };

  for (const name of ["dragover", "dragenter"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
  }
  drop.addEventListener("dragleave", (event) => drop.contains(event.relatedTarget) || drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    const { files } = event.dataTransfer;
    if (files.length !== 1) return void (said.textContent = files.length ? _("One photo at a time, please.") : _("That was no file."));
    input.files = files;
    show();
  });
  input.addEventListener("change", show);

  if (matchMedia("(pointer: coarse)").matches) {
    camera.hidden = false;
    camera.querySelector("button").addEventListener("click", () => {
      input.setAttribute("capture", "environment");
      input.click();
      input.removeAttribute("capture");
    });
  }
  form.addEventListener("submit", () => (said.textContent = _("Sending …")));
  addEventListener("pageshow", show); // also when the browser comes back to the page
};

if (drop) setUp();
