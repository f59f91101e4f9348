// Keeps the page about a person up to date: the server says over an event stream that something changed,
// the page is fetched again and its inside exchanged. Links marked data-swap do the same without losing
// the place on the page. Without this file they are plain links, and a reload shows what is new.
const parser = new DOMParser();
let running = null;

async function show(address, news) {
  running?.abort();
  const mine = (running = new AbortController());
  let answer;
  try {
    answer = await fetch(address, { credentials: "same-origin", signal: mine.signal });
  } catch (error) {
    if (error.name !== "AbortError" && !news) location.assign(address);
    return;
  }
  const next = parser.parseFromString(await answer.text(), "text/html");
  if (mine.signal.aborted) return;
  const fresh = next.getElementById("live");
  const banner = next.querySelector(".ban");
  // Logged out, refused, another person: leave this page as a whole.
  if (!answer.ok || answer.redirected || !fresh || !banner) return location.assign(address);
  const focus = document.activeElement?.getAttribute?.("href");
  document.getElementById("live").replaceWith(document.adoptNode(fresh));
  document.querySelector(".ban").replaceWith(document.adoptNode(banner));
  if (focus) document.querySelector(`#live a[href="${CSS.escape(focus)}"]`)?.focus({ preventScroll: true });
  if (news) document.getElementById("news").textContent = document.body.dataset.news;
}

addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-swap]");
  if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const address = link.href?.baseVal ?? link.getAttribute("href");
  if (!address) return;
  event.preventDefault();
  const absolute = new URL(address, location.href);
  history.pushState(null, "", absolute);
  show(absolute.href.split("#")[0]);
});

addEventListener("popstate", () => show(location.href.split("#")[0]));

const stream = new EventSource(document.body.dataset.live);
let waiting = 0;
stream.addEventListener("changed", () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => show(location.href.split("#")[0], true), 150);
});
// A broken stream reconnects by itself; after that the page may be out of date.
let broken = false;
stream.onerror = () => { broken = true; };
stream.onopen = () => { if (broken) show(location.href.split("#")[0], true); broken = false; };
