// Shared computers: a locked screen shows nothing, and after logging out nothing comes back, neither by Back nor by an
// address that was open.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { demo, find, launch, signIn, until } from "./portal.mjs";

const place = demo();
const role = "care-manager";
const SECRETS = /佐倉|花子|アレルギー/;
let browser, page, person;

before(async () => {
  browser = await launch();
  page = await (await browser.newContext({ locale: "ja-JP" })).newPage();
  await signIn(page, place.url, place.logins[role]);
  person = await find(page, place.url, "佐倉 花子");
  await page.goto(place.url + person);
  assert.match(await page.locator("body").innerText(), SECRETS);
});
after(() => browser?.close());

const text = () => page.locator("body").innerText();

test("a locked screen shows who locked it and nothing else", async () => {
  await Promise.all([page.waitForNavigation(), page.locator("header form[action='/lock'] button").click()]);
  assert.match(page.url(), /\/locked$/);
  assert.doesNotMatch(await text(), SECRETS);
  assert.match(await text(), /渚/, "whose screen it is");
  for (const address of [person, "/search", `${person}?view=table`]) {
    await page.goto(place.url + address);
    assert.match(page.url(), /\/locked$/, address);
    assert.doesNotMatch(await text(), SECRETS);
  }
});

test("Back does not unlock", async () => {
  await page.goBack().catch(() => undefined);
  await until("the locked screen", 5, async () => /\/locked$/.test(page.url()) && !SECRETS.test(await text()));
});

test("a wrong password does not unlock, the right one does", async () => {
  await page.goto(`${place.url}/locked`);
  await page.fill("[name=password]", "wrong-wrong-wrong");
  await Promise.all([page.waitForNavigation(), page.click("main button[type=submit]")]);
  assert.doesNotMatch(await text(), SECRETS);
  await page.fill("[name=password]", place.logins[role].password);
  await Promise.all([page.waitForNavigation(), page.click("main button[type=submit]")]);
  await page.goto(place.url + person);
  assert.match(await text(), SECRETS);
});

test("another page that is open follows a lock", async () => {
  const other = await page.context().newPage();
  await other.goto(place.url + person);
  assert.match(await other.locator("body").innerText(), SECRETS);
  await Promise.all([page.waitForNavigation(), page.locator("header form[action='/lock'] button").click()]);
  await until("the other page is locked too", 15, async () => /\/locked$/.test(other.url()));
  await other.close();
  await page.fill("[name=password]", place.logins[role].password);
  await Promise.all([page.waitForNavigation(), page.click("main button[type=submit]")]);
});

test("after logging out, Back and open addresses show the login", async () => {
  await page.goto(place.url + person);
  await Promise.all([page.waitForNavigation(), page.locator("header form[action='/logout'] button").click()]);
  assert.match(page.url(), /\/login$/);
  for (let steps = 0; steps < 3; steps += 1) {
    await page.goBack().catch(() => undefined);
    await until("nothing is shown", 5, async () => !SECRETS.test(await text()));
  }
  await page.goto(place.url + person);
  assert.match(page.url(), /\/login$/);
  const answer = await page.request.get(`${place.url}${person}/events`, { maxRedirects: 0 });
  assert.equal(answer.status(), 303);
});
