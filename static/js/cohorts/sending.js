// Sends many photos a few at a time. What has arrived is asked of the server, so that a lost connection, a reload or
// another computer goes on where the last one stopped.

import { _, fill } from "../words.js";

const FILES = 20;
const BYTES = 16e6;
const LONGEST_WAIT_MS = 15_000;

const cookie = (name) => document.cookie.split("; ").find((part) => part.startsWith(`${name}=`))?.slice(name.length + 1);

// Until the network is back, or a while has passed: whichever comes first.
const pause = (ms) =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    window.addEventListener("online", () => { clearTimeout(timer); resolve(); }, { once: true });
  });

const ask = async (url, options = {}) => {
  const headers = { Accept: "application/json", "X-CSRFToken": cookie("csrftoken") ?? "", ...options.headers };
  const response = await fetch(url, { credentials: "same-origin", ...options, headers });
  const data = await response.json().catch(() => ({}));
  if (response.ok) return data;
  const said = data.detail ?? Object.values(data).flat().join(" ");
  throw Object.assign(new Error(said || fill(_("The server answered %(status)s: try again, or tell your administrator."), { status: response.status })), {
    isFinal: response.status < 500 && response.status !== 429,
  });
};

// A refusal is final; a lost connection or a server that restarts is not.
const patiently = async (url, options, onWait) => {
  for (let wait = 1000; ; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
    try {
      return await ask(url, options);
    } catch (problem) {
      if (problem.isFinal) throw problem;
      onWait();
      await pause(wait);
    }
  }
};

const inPieces = (photos) => {
  const pieces = [];
  let piece = [];
  let bytes = 0;
  for (const photo of photos) {
    if (piece.length && (piece.length === FILES || bytes + photo.file.size > BYTES)) {
      pieces.push(piece);
      piece = [];
      bytes = 0;
    }
    piece.push(photo);
    bytes += photo.file.size;
  }
  return piece.length ? [...pieces, piece] : pieces;
};

export const begin = (url, manifest, n) => {
  const body = new FormData();
  body.append("manifest", manifest);
  body.append("n_files", n);
  return ask(url, { method: "POST", body });
};

// onProgress(bytes, of all, files, of all); onWait() when the connection is lost.
export const sendAll = async (upload, photos, { onProgress, onWait }) => {
  const arrived = new Map((await patiently(upload.files_url, {}, onWait)).map(({ name, size }) => [name, size]));
  const total = photos.reduce((sum, { file }) => sum + file.size, 0);
  const rest = photos.filter(({ name, file }) => arrived.get(name) !== file.size);
  let files = photos.length - rest.length;
  let bytes = total - rest.reduce((sum, { file }) => sum + file.size, 0);
  onProgress(bytes, total, files, photos.length);
  for (const piece of inPieces(rest)) {
    const body = new FormData();
    for (const { name, file } of piece) {
      body.append("path", name);
      body.append("file", file, "photo");
    }
    await patiently(upload.files_url, { method: "POST", body }, onWait);
    files += piece.length;
    bytes += piece.reduce((sum, { file }) => sum + file.size, 0);
    onProgress(bytes, total, files, photos.length);
  }
  const done = { method: "POST", body: "{}", headers: { "Content-Type": "application/json" } };
  await patiently(upload.complete_url, done, onWait);
};
