// Every page a role can reach: from the first screen along the links, one page for each shape of address.
import { contextOf, find } from "./portal.mjs";

const MOST = 40;
// A person who does not exist: the page that says so.
export const NOBODY = "00000000-0000-7000-8000-000000000000";

// The shape of an address: ids, days and numbers do not make another page; views of a person do.
export function shape(address) {
  const url = new URL(address, "http://x");
  const path = url.pathname
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, ":id")
    .replace(/\/[0-9a-f]{16,}/g, "/:id")
    .replace(/^(\/operator\/quality)\/[^/]+\/[^/]+$/, "$1/feed")
    .replace(/\/\d+/g, "/:n");
  const view = url.searchParams.get("view");
  return view ? `${path}?view=${view}` : path;
}

const LEFT_OUT = /^\/(language|assets|logout)|\/events$|\/bytes$|\.csv$/;

// Addresses (path and query), one for each shape, that this role reaches by links and by searching the story's person.
export async function reachable(browser, place, role) {
  const context = await contextOf(browser, place, role);
  const page = await context.newPage();
  const found = new Map();
  const queue = ["/", "/search", `/person/${NOBODY}`];
  try {
    const person = await find(page, place.url, "佐倉 花子");
    queue.push(person, `${person}?view=table&range=all`, `${person}?range=1y&group=kind`);
  } catch { /* a role that does not search */ }
  while (queue.length && found.size < MOST) {
    const address = queue.shift();
    if (found.has(shape(address))) continue;
    await page.goto(place.url + address);
    const landed = new URL(page.url());
    found.set(address.includes(NOBODY) ? "nobody" : shape(address), address);
    if (!address.includes(NOBODY)) found.set(shape(landed.href), landed.pathname + landed.search);
    const links = await page.$$eval("a[href]", (all) => all.map((each) => each.href?.baseVal ?? each.getAttribute("href")));
    for (const link of links) {
      const url = new URL(link, page.url());
      if (url.origin !== place.url || LEFT_OUT.test(url.pathname) || found.has(shape(url.href))) continue;
      queue.push(url.pathname + url.search);
    }
  }
  await context.close();
  return [...found.values()].filter((address, index, all) => all.indexOf(address) === index);
}
