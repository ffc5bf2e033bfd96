// Waits for the worker's answer and shows it.

const place = document.querySelector("[data-wait]");

const ask = async () => {
  try {
    const answer = await fetch(place.dataset.wait, { cache: "no-store" });
    if (answer.status === 404 || (answer.ok && (await answer.json()).is_ended)) return void window.location.reload();
  } catch {
    // the server is away for a moment: ask again
  }
  setTimeout(ask, 1000);
};

if (place) setTimeout(ask, 1000);
