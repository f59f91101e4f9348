// The portal by keyboard, and what must never happen on the way: errors in the console, a breach of the content
// policy, a person's data in an address or a title.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { NOBODY, reachable } from "./pages.mjs";
import { contextOf, demo, find, launch, until, watch } from "./portal.mjs";

const place = demo();
let browser, page, person;
// Everything seen on the way, of every page of these tests.
const watched = [];

before(async () => {
  browser = await launch();
  page = await (await contextOf(browser, place, "physician")).newPage();
  watched.push(watch(page));
  person = await find(page, place.url, "佐倉 花子");
});
after(() => browser?.close());

const focused = () => page.evaluate(() => {
  const at = document.activeElement;
  const style = getComputedStyle(at);
  return { name: at.getAttribute("name"), href: at.getAttribute("href"), id: at.id, outline: `${style.outlineStyle} ${style.outlineWidth}` };
});

test("the first tab stop leads to the content", async () => {
  await page.goto(place.url + person);
  await page.keyboard.press("Tab");
  assert.equal((await focused()).href, "#main");
  await page.keyboard.press("Enter");
  await until("focus in main", 2, async () => (await focused()).id === "main");
});

test("the slash goes to the search box, and Enter searches", async () => {
  await page.goto(place.url + person);
  await page.keyboard.press("/");
  assert.equal((await focused()).id, "top-q");
  await page.keyboard.type("佐倉/花");
  assert.equal(await page.inputValue("#top-q"), "佐倉/花", "in the box it is a slash");
  await page.fill("#top-q", "佐倉");
  await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
  assert.ok((await page.locator("main a[href^='/person/']").count()) >= 2);
  assert.ok(!decodeURIComponent(page.url()).includes("佐倉"), "what was typed is not in the address");
  const results = page.url();
  await page.locator("main a[href^='/person/']").first().click();
  await page.goBack();
  assert.equal(page.url(), results);
  assert.ok((await page.locator("main a[href^='/person/']").count()) >= 2, "Back shows the results again");
});

test("arrow keys go from day to day with records", async () => {
  await page.goto(place.url + person);
  const title = () => page.locator("#day-h").innerText();
  const newest = await title();
  await page.keyboard.press("ArrowLeft");
  await until("the day before", 5, async () => (await title()) !== newest);
  const before = await title();
  await page.keyboard.press("ArrowRight");
  await until("the newest day again", 5, async () => (await title()) === newest);
  assert.notEqual(before, newest);
  assert.match(page.url(), /day=\d{4}-\d{2}-\d{2}/, "the day is in the address");
  await page.goBack();
  await until("Back goes one day back", 5, async () => (await title()) === before);
});

test("focus is visible on every stop of the person's page", async () => {
  await page.goto(`${place.url}${person}?view=table&range=1m`);
  const stops = new Set();
  for (let count = 0; count < 40; count += 1) {
    await page.keyboard.press("Tab");
    const { href, name, id, outline } = await focused();
    stops.add(href ?? name ?? id);
    assert.ok(!/^none| 0px$/.test(outline), `no outline on ${href ?? name ?? id}`);
  }
  assert.ok(stops.size > 20, `only ${stops.size} stops`);
});

test("every page of every role is silent in the console and obeys the policy", async () => {
  for (const role of Object.keys(place.logins)) {
    const addresses = await reachable(browser, place, role);
    const other = await (await contextOf(browser, place, role)).newPage();
    const seen = watch(other);
    watched.push(seen);
    await other.addInitScript(() => {
      addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.violatedDirective}`));
    });
    for (const address of addresses) {
      const answer = await other.goto(place.url + address);
      // Nobody is not found; a person one has nothing to do with is refused, with the reason. No other page says no.
      const refused = role === "operator" && address.startsWith("/person/");
      assert.equal(answer.status(), address.includes(NOBODY) ? 404 : refused ? 403 : 200, `${role} ${address}`);
      assert.ok(answer.headers()["content-security-policy"].includes("default-src 'self'"), address);
      assert.equal(answer.headers()["cache-control"], "no-store", address);
    }
    // The browser itself tells of a page that answers so.
    const troubles = seen.troubles.filter((each) => !/status of 40[34]/.test(each));
    assert.deepEqual(troubles, [], role);
    await other.context().close();
  }
});

test("no address and no title ever carried a person's data", async () => {
  await page.goto(place.url + person);
  const shown = await page.locator(".ban").innerText();
  const number = shown.match(/\d{4}-\d{4}-\d/)[0];
  const birth = shown.match(/19\d\d-\d\d-\d\d/)[0];
  const personal = ["佐倉", "花子", "サクラ", "ハナコ", "ｻｸﾗ", number, number.replaceAll("-", ""), birth];
  let addresses = 0;
  for (const { addresses: visited, titles } of watched) {
    for (const text of [...visited, ...titles]) {
      addresses += 1;
      const plain = decodeURIComponent(text);
      for (const word of personal) assert.ok(!plain.includes(word), `${word} in ${plain}`);
    }
  }
  assert.ok(addresses > 100, `only ${addresses} were looked at`);
});
