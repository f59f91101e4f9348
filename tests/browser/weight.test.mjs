// Weight, requests and time of every page at first load, with an empty cache, measured by the browser itself.
// The limits are those of the design (60 kB compressed without images, 8 requests); the seconds on a slow line are told.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { NOBODY, reachable } from "./pages.mjs";
import { contextOf, demo, launch } from "./portal.mjs";

const place = demo();
const KILOBYTES = 60;
const REQUESTS = 8;
// 400 kbit/s down, 400 ms to the server and back.
const SLOW = { offline: false, latency: 400, downloadThroughput: 50_000, uploadThroughput: 50_000 };
let browser;

before(async () => { browser = await launch(); });
after(() => browser?.close());

async function load(role, address, line) {
  const context = await contextOf(browser, place, role);
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send("Network.enable");
  await devtools.send("Network.setCacheDisabled", { cacheDisabled: true });
  if (line) await devtools.send("Network.emulateNetworkConditions", line);
  const kinds = new Map();
  let bytes = 0;
  let requests = 0;
  devtools.on("Network.requestWillBeSent", (event) => {
    requests += 1;
    kinds.set(event.requestId, event.type);
  });
  devtools.on("Network.loadingFinished", (event) => {
    if (kinds.get(event.requestId) !== "Image") bytes += event.encodedDataLength;
  });
  await page.goto(place.url + address, { waitUntil: "load" });
  await page.waitForTimeout(150);
  const shown = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime);
  await context.close();
  return { kilobytes: bytes / 1000, requests, seconds: (shown ?? NaN) / 1000 };
}

for (const role of ["physician", "care-manager", "helper", "dentist", "reception", "operator"]) {
  test(`pages of ${role}`, async (t) => {
    for (const address of await reachable(browser, place, role)) {
      const { kilobytes, requests } = await load(role, address);
      const what = address.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "…");
      t.diagnostic(`${kilobytes.toFixed(1).padStart(5)} kB ${requests} requests  ${what}`);
      assert.ok(kilobytes > 1, `${what}: nothing was measured`);
      assert.ok(kilobytes <= KILOBYTES, `${what}: ${kilobytes.toFixed(1)} kB`);
      assert.ok(requests <= REQUESTS, `${what}: ${requests} requests`);
    }
  });
}

test("seconds until content is visible at 400 kbit/s and 400 ms", async (t) => {
  const addresses = await reachable(browser, place, "physician");
  for (const address of addresses.filter((each) => !each.includes(NOBODY))) {
    const { seconds } = await load("physician", address, SLOW);
    t.diagnostic(`${seconds.toFixed(2)} s  ${address.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "…")}`);
    assert.ok(seconds > 0.4, "the slow line was not in force");
  }
});
