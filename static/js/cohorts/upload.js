// Picking, dropping and sending. A ZIP goes as one request, many photos or a folder go in pieces. Without this script the
// form still takes a ZIP or a few photos.

import { fromDrop, fromInput, isOneArchive } from "./picking.js";
import { begin, sendAll } from "./sending.js";
import { _, fill } from "../words.js";

const form = document.querySelector("[data-upload]");
const begun = form.dataset.filesUrl ? { files_url: form.dataset.filesUrl, complete_url: form.dataset.completeUrl, page: form.dataset.page } : null;
const photosInput = form.elements.photos;
const manifestInput = form.elements.manifest; // none when an upload goes on: its manifest is there already
const folderInput = form.querySelector("[data-folder]");
let photos = [];

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;

const describe = (input, names, size) => {
  const zone = input.closest("[data-drop]");
  zone.classList.toggle("full", names.length > 0);
  if (names.length) zone.querySelector("[data-chosen]").textContent = `${names.length === 1 ? names[0] : fill(_("%(n)s files"), { n: names.length.toLocaleString("en") })}, ${megabytes(size)}`;
};

const takePhotos = (picked) => {
  photos = picked;
  photosInput.required = photos.length === 0;
  describe(photosInput, photos.map(({ name }) => name), photos.reduce((sum, { file }) => sum + file.size, 0));
};

const takeManifest = ({ file }) => {
  const transfer = new DataTransfer();
  transfer.items.add(file);
  manifestInput.files = transfer.files;
  describe(manifestInput, [file.name], file.size);
};

// A manifest that came along with the photos goes to its own field, wherever it was dropped.
const take = ({ manifests, photos: picked }) => {
  if (manifests.length && manifestInput) takeManifest(manifests[0]);
  if (picked.length) takePhotos(picked);
};

const describeManifest = () => describe(manifestInput, [...manifestInput.files].map(({ name }) => name), manifestInput.files[0]?.size ?? 0);

photosInput.addEventListener("change", () => take(fromInput(photosInput)));
manifestInput?.addEventListener("change", describeManifest);
// Over a slow network the files may be chosen before this script is there.
if (photosInput.files.length) take(fromInput(photosInput));
if (manifestInput?.files.length) describeManifest();
folderInput.hidden = false;
folderInput.querySelector("button").addEventListener("click", () => folderInput.querySelector("input").click());
folderInput.querySelector("input").addEventListener("change", (event) => take(fromInput(event.target)));

for (const zone of form.querySelectorAll("[data-drop]")) {
  for (const type of ["dragenter", "dragover"]) {
    zone.addEventListener(type, (event) => {
      event.preventDefault();
      zone.classList.add("over");
    });
  }
  for (const type of ["dragleave", "drop"]) zone.addEventListener(type, () => zone.classList.remove("over"));
  zone.addEventListener("drop", async (event) => {
    event.preventDefault();
    take(await fromDrop(event.dataTransfer));
  });
}

// A file dropped beside the fields must not make the browser leave the page.
for (const type of ["dragover", "drop"]) document.addEventListener(type, (event) => event.preventDefault());

form.addEventListener("submit", (event) => {
  event.preventDefault();
  form.querySelector("[data-problem]").hidden = true;
  form.querySelector("[data-sending]").hidden = false;
  form.querySelector("button.primary").disabled = true;
  if (!begun && isOneArchive(photos)) sendArchive();
  else sendPhotos().catch((problem) => fail(problem.message));
});

const sentSoFar = (bytes, total, files, all) =>
  fill(_("%(files)s of %(all)s photos sent, %(done)s of %(total)s"), {
    files: files.toLocaleString("en"),
    all: all.toLocaleString("en"),
    done: megabytes(bytes),
    total: megabytes(total),
  });

const sendPhotos = async () => {
  const upload = begun ?? (await begin(form.dataset.uploadsUrl, manifestInput.files[0], photos.length));
  const leave = (event) => event.preventDefault(); // what is sent is kept, yet nobody should leave by mistake
  window.addEventListener("beforeunload", leave);
  try {
    await sendAll(upload, photos, {
      onProgress: (bytes, total, files, all) => show(total ? bytes / total : 1, sentSoFar(bytes, total, files, all)),
      onWait: () => show(null, _("The connection is lost. What was sent is kept; it goes on by itself as soon as the network is back.")),
    });
  } finally {
    window.removeEventListener("beforeunload", leave);
  }
  location.assign(upload.page);
};

const sendArchive = () => {
  const request = new XMLHttpRequest();
  request.open("POST", form.action || location.href);
  request.setRequestHeader("Accept", "application/json");
  request.responseType = "json";
  request.upload.addEventListener("progress", ({ loaded, total }) =>
    show(total ? loaded / total : 0, loaded < total ? fill(_("%(done)s of %(total)s sent"), { done: megabytes(loaded), total: megabytes(total) }) : _("Sent; the server is putting it aside …")),
  );
  request.addEventListener("load", () => {
    if (request.status === 201) location.assign(request.response.url);
    else fail(request.response?.detail ?? fill(_("The server answered %(status)s: try again, or tell your administrator."), { status: request.status }));
  });
  request.addEventListener("error", () => fail(_("The connection was lost: check the network and try again.")));
  const body = new FormData(form);
  body.set("photos", photos[0].file);
  request.send(body);
};

const show = (share, text) => {
  if (share !== null) form.querySelector("progress").value = share;
  form.querySelector("[data-sent]").textContent = text;
};

const fail = (sentence) => {
  const problem = form.querySelector("[data-problem]");
  problem.querySelector("p").textContent = sentence;
  problem.hidden = false;
  problem.scrollIntoView({ block: "nearest" });
  form.querySelector("[data-sending]").hidden = true;
  form.querySelector("button.primary").disabled = false;
};
