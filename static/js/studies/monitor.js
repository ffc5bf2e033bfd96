// Renews the monitor's figures every five seconds, while the study is open and the page is looked at.
import { _, fill } from "../words.js";

const PERIOD_MS = 5000;
const BADGES = { finished: "good", reading: "accent", withdrawn: "bad" };
const card = document.querySelector("[data-monitor]");
const STATES = { waiting: _("waiting"), reading: _("reading"), finished: _("finished"), withdrawn: _("withdrawn") };
const count = new Intl.NumberFormat("en");
const language = document.documentElement.lang.startsWith("zh") ? "zh-CN" : "en-GB";
const clock = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

const show = (row, reader) => {
  const place = (name) => row.querySelector(`[data-is=${name}]`);
  place("state").textContent = STATES[reader.state] ?? reader.state;
  place("state").className = `badge ${BADGES[reader.state] ?? ""}`;
  place("bar").value = reader.percent;
  place("done").textContent = `${reader.done} / ${reader.total}`;
  place("last_seen").textContent = reader.last_seen ? clock.format(new Date(reader.last_seen)) : "–";
  const median = reader.median_response_ms;
  place("median").textContent = median === null ? "–" : `${count.format(Math.round(median))} ms`;
  place("hasty").hidden = !reader.is_hasty;
  place("straight").hidden = !reader.is_straight;
  place("incidents").textContent = reader.incidents;
  place("flagged").textContent = reader.flagged;
};

const renew = async () => {
  if (document.hidden) return;
  const live = card.querySelector("[data-live]");
  try {
    const answer = await fetch(card.dataset.monitor, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(answer.status);
    const data = await answer.json();
    const rows = new Map([...card.querySelectorAll("[data-reader]")].map((row) => [Number(row.dataset.reader), row]));
    if (data.status !== card.dataset.status || data.readers.some((reader) => !rows.has(reader.id))) {
      window.location.reload();
      return;
    }
    for (const reader of data.readers) show(rows.get(reader.id), reader);
    live.textContent = fill(_("Renewed at %(time)s."), { time: new Date().toLocaleTimeString(language) });
  } catch {
    live.textContent = _("No connection: these figures are not the latest.");
  }
};

if (card?.dataset.status === "open") setInterval(renew, PERIOD_MS);
