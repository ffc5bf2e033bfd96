// Drag and drop, and a progress bar for the upload. Without this script the form still works.

const form = document.querySelector("[data-upload]");
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;

const describe = (zone) => {
  const { files } = zone.querySelector("input[type=file]");
  zone.classList.toggle("full", files.length > 0);
  if (!files.length) return;
  const size = [...files].reduce((sum, file) => sum + file.size, 0);
  const name = files.length === 1 ? files[0].name : `${files.length} files`;
  zone.querySelector("[data-chosen]").textContent = `${name}, ${megabytes(size)}`;
};

for (const zone of form.querySelectorAll("[data-drop]")) {
  const input = zone.querySelector("input[type=file]");
  input.addEventListener("change", () => describe(zone));
  for (const type of ["dragenter", "dragover"]) {
    zone.addEventListener(type, (event) => {
      event.preventDefault();
      zone.classList.add("over");
    });
  }
  for (const type of ["dragleave", "drop"]) zone.addEventListener(type, () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    place(event.dataTransfer.files, input);
  });
}

// A ZIP and a CSV dropped together go to their own fields, wherever they land.
const place = (files, target) => {
  const manifests = [...files].filter((file) => /\.(csv|tsv)$/i.test(file.name));
  const photos = [...files].filter((file) => !manifests.includes(file));
  const inputs = { manifest: form.elements.manifest, photos: form.elements.photos };
  if (manifests.length) put(inputs.manifest, manifests.slice(0, 1));
  if (photos.length) put(manifests.length ? inputs.photos : target, photos);
};

const put = (input, files) => {
  const transfer = new DataTransfer();
  for (const file of input.multiple ? files : files.slice(0, 1)) transfer.items.add(file);
  input.files = transfer.files;
  input.dispatchEvent(new Event("change"));
};

// A file dropped beside the fields must not make the browser leave the page.
for (const type of ["dragover", "drop"]) document.addEventListener(type, (event) => event.preventDefault());

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const request = new XMLHttpRequest();
  request.open("POST", form.action || location.href);
  request.setRequestHeader("Accept", "application/json");
  request.responseType = "json";
  request.upload.addEventListener("progress", ({ loaded, total }) => showSent(loaded, total));
  request.addEventListener("load", () => {
    if (request.status === 201) location.assign(request.response.url);
    else fail(request.response?.detail ?? `The server answered ${request.status}: try again, or tell your administrator.`);
  });
  request.addEventListener("error", () => fail("The connection was lost: check the network and try again."));
  form.querySelector("[data-problem]").hidden = true;
  form.querySelector("[data-sending]").hidden = false;
  form.querySelector("button.primary").disabled = true;
  request.send(new FormData(form));
});

const showSent = (loaded, total) => {
  form.querySelector("progress").value = total ? loaded / total : 0;
  const text = loaded < total ? `${megabytes(loaded)} of ${megabytes(total)} sent` : "Sent; the server is putting it aside …";
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
