// One way to talk to the server: JSON in, JSON out, and never an exception. Status 0 means that nobody answered.

const cookie = (name) => document.cookie.split("; ").find((part) => part.startsWith(`${name}=`))?.slice(name.length + 1);

export async function post(url, body = {}, { keepalive = false, patience = 20_000 } = {}) {
  try {
    const response = await fetch(url, {
      method: "POST",
      // Read anew every time: signing in again in another tab changes it.
      headers: { "Content-Type": "application/json", "X-CSRFToken": cookie("csrftoken") ?? "" },
      body: JSON.stringify(body),
      credentials: "same-origin",
      keepalive,
      signal: keepalive ? undefined : AbortSignal.timeout(patience),
    });
    return { ok: response.ok, status: response.status, data: await response.json().catch(() => ({})) };
  } catch (problem) {
    return { ok: false, status: 0, data: { detail: String(problem) } };
  }
}

export async function fetchPicture(url) {
  try {
    const response = await fetch(url, { cache: "no-store", credentials: "same-origin", signal: AbortSignal.timeout(60_000) });
    if (response.ok) return { ok: true, status: response.status, blob: await response.blob() };
    return { ok: false, status: response.status, data: await response.json().catch(() => ({})) };
  } catch (problem) {
    return { ok: false, status: 0, data: { detail: String(problem) } };
  }
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// What to do with an answer: it arrived, it is refused for good, the reader has to sign in, or try again later.
export function verdict({ ok, status, data }) {
  if (ok) return "done";
  if (["sign_in", "csrf"].includes(data?.code) || status === 401 || status === 404) return "sign in";
  return status === 0 || status === 429 || status >= 500 ? "again" : "refused";
}

// Repeats a request until it is answered for good. `told` hears of every failed try.
export async function insist(request, told = () => {}) {
  for (let wait = 400; ; wait = Math.min(wait * 1.7, 8_000)) {
    const answer = await request();
    const word = verdict(answer);
    if (word === "done" || word === "refused") {
      told(null);
      return answer;
    }
    told(word, answer);
    await Promise.race([pause(word === "sign in" ? 2_500 : wait), online()]);
  }
}

const online = () => new Promise((resolve) => window.addEventListener("online", resolve, { once: true }));
