// What the reader did is written down in this browser first and sent then, in order, until the server has it.
//
// A reload, a dead battery or an hour without network loses nothing: the next page of the same browser sends the rest.

import { insist, pause } from "./api.js";

const STORE = "outbox";

function opened() {
  return new Promise((resolve) => {
    const request = indexedDB.open("readerstudy-reading", 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id", autoIncrement: true });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => resolve(null); // private windows may have no storage: then memory has to do
  });
}

function finished(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

// What was measured tells at which try it arrived; answers and everything else go out as they were written down.
const counted = (body, tries) => (body.measures ? { ...body, measures: { ...body.measures, send_tries: tries } } : body);

export class Outbox {
  #waiting = [];
  #sending = null;
  #database = null;

  // `send(url, body)` gives {ok, status, data}; `told(state, answer)` hears "saving", "saved", "again" and "sign in".
  constructor({ session, send, told }) {
    Object.assign(this, { session, send, told });
  }

  // Takes up what an earlier page of this session could not send.
  async open() {
    this.#database = await opened().catch(() => null);
    const kept = this.#database ? await this.#all() : [];
    this.#waiting = kept.filter((item) => item.session === this.session).map((item) => ({ item, settle: () => {} }));
    return this.#waiting.length;
  }

  get isDurable() {
    return this.#database !== null;
  }

  // Resolves with the server's answer: {ok, status, data}. The note is on disk before the first try.
  async add(url, body) {
    const item = { session: this.session, url, body };
    this.told("saving");
    await this.#keep(item).catch(() => {});
    return new Promise((settle) => {
      this.#waiting.push({ item, settle });
      this.flush();
    });
  }

  // Resolves when everything has been acknowledged.
  flush() {
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = null;
      if (this.#waiting.length) this.flush();
    });
    return this.#sending;
  }

  async #sendAll() {
    if (this.#waiting.length) this.told("saving");
    while (this.#waiting.length) {
      const { item, settle } = this.#waiting[0];
      let tries = 0;
      const attempt = () => this.send(item.url, counted(item.body, (tries += 1)));
      const answer = await insist(attempt, (word, last) => this.told(word ?? "saving", last));
      await this.#forget(item).catch(() => {});
      this.#waiting.shift();
      settle(answer);
      await pause(0);
    }
    this.told("saved");
  }

  async #all() {
    const request = this.#database.transaction(STORE).objectStore(STORE).getAll();
    await finished(request.transaction);
    return request.result;
  }

  async #keep(item) {
    if (!this.#database) return;
    const transaction = this.#database.transaction(STORE, "readwrite", { durability: "strict" });
    const request = transaction.objectStore(STORE).add({ ...item });
    await finished(transaction);
    item.id = request.result;
  }

  async #forget(item) {
    if (!this.#database || item.id === undefined) return;
    const transaction = this.#database.transaction(STORE, "readwrite");
    transaction.objectStore(STORE).delete(item.id);
    await finished(transaction);
  }
}
