// Passkeys: a form that carries `data-passkey` asks the device for one ("get") or has one made ("create"), and sends
// what it answers. The options come with the page (`data-json`) or are asked for when the button is pressed (`data-options`).

import { _ } from "../words.js";

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const each = (list, change) => (list ?? []).map((one) => ({ ...one, id: change(one.id) }));

function forCreation({ publicKey }) {
  const user = { ...publicKey.user, id: bytes(publicKey.user.id) };
  // Only what can open the account by itself: kept in the device, behind its PIN, finger or face.
  const selection = { ...publicKey.authenticatorSelection, residentKey: "required", requireResidentKey: true, userVerification: "required" };
  const excluded = each(publicKey.excludeCredentials, bytes);
  const challenge = bytes(publicKey.challenge);
  return { publicKey: { ...publicKey, challenge, user, excludeCredentials: excluded, authenticatorSelection: selection } };
}

function forAsking({ publicKey }) {
  const allowed = each(publicKey.allowCredentials, bytes);
  return { publicKey: { ...publicKey, challenge: bytes(publicKey.challenge), allowCredentials: allowed, userVerification: "required" } };
}

function answered(credential) {
  const { id, rawId, type, response } = credential;
  const told = { clientDataJSON: text(response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[name]) told[name] = text(response[name]);
  }
  if (response.getTransports) told.transports = response.getTransports();
  return { id, rawId: text(rawId), type, response: told, clientExtensionResults: credential.getClientExtensionResults() };
}

const SENTENCES = {
  NotAllowedError: () => _("Nothing was chosen, or it took too long. Try again."),
  AbortError: () => _("Nothing was chosen, or it took too long. Try again."),
  InvalidStateError: () => _("This device holds a passkey for your account already."),
  SecurityError: () => _("Passkeys work only over https, under the name of the site, not under a number."),
  NotSupportedError: () => _("This device cannot keep a passkey of the kind that is needed."),
  ConstraintError: () => _("This device has no PIN, finger or face set up to keep a passkey behind."),
};

async function options(form) {
  if (form.dataset.json) return JSON.parse(document.getElementById(form.dataset.json).textContent);
  const answer = await fetch(form.dataset.options, { headers: { Accept: "application/json" }, cache: "no-store", credentials: "same-origin" });
  return answer.json();
}

async function go(form) {
  const given = await options(form);
  const credential =
    form.dataset.passkey === "create"
      ? await navigator.credentials.create(forCreation(given.creation_options))
      : await navigator.credentials.get(forAsking(given.request_options));
  form.elements.credential.value = JSON.stringify(answered(credential));
  form.submit();
}

function ready(form) {
  const button = form.querySelector("[data-do]");
  const told = form.querySelector("[data-told]");
  if (!window.PublicKeyCredential) {
    told.textContent = SENTENCES.SecurityError();
    button.disabled = true;
    return;
  }
  form.hidden = false;
  const press = async () => {
    told.textContent = "";
    button.disabled = true;
    try {
      await go(form);
    } catch (error) {
      told.textContent = SENTENCES[error.name]?.() ?? _("The passkey could not be used. Try again.");
      button.disabled = false;
    }
  };
  button.addEventListener("click", press);
  form.addEventListener("submit", (event) => {
    event.preventDefault(); // Enter in the field of the name means the button
    press();
  });
}

for (const form of document.querySelectorAll("form[data-passkey]")) ready(form);
