// Reading without JavaScript: log in, search, the person as chart and as table, a record with its history, the original.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { contextOf, demo, find, launch, signIn } from "./portal.mjs";

const place = demo();
let browser, page;

before(async () => {
  browser = await launch();
  page = await (await contextOf(browser, place, "physician", { javaScriptEnabled: false })).newPage();
});
after(() => browser?.close());

test("logging in and out", async () => {
  const context = await browser.newContext({ javaScriptEnabled: false, locale: "ja-JP" });
  const other = await context.newPage();
  await signIn(other, place.url, place.logins.dentist);
  await other.locator("header form[action='/logout'] button").click();
  assert.match(other.url(), /\/login$/);
  await context.close();
});

test("search, chart, a day, the table, a record and its original", async () => {
  const person = await find(page, place.url, "佐倉 花子");
  await page.click(`main a[href='${person}']`);
  assert.match(await page.locator(".ban").innerText(), /佐倉.花子/);
  assert.ok((await page.locator(".row .g, .row use").count()) > 20, "signs are drawn");
  await page.locator("#day a[rel=prev]").click();
  assert.match(page.url(), /day=/);
  assert.ok((await page.locator("#day .card").count()) > 0);
  await page.locator(".tools a", { hasText: /^表$/ }).click();
  assert.ok((await page.locator("table.wide tbody tr").count()) > 20);
  await page.locator("table.wide th[scope=row] a").first().click();
  assert.match(page.url(), /\/record\//);
  assert.ok((await page.locator(".versions > li").count()) >= 1);
  await page.locator("a.button[href$='/original']").click();
  assert.ok((await page.locator("main").innerText()).length > 200);
});

test("every link of the person's page leads somewhere", async () => {
  await page.goto(`${place.url}${await find(page, place.url, "佐倉 花子")}`);
  const links = await page.$$eval("a[href^='/']", (all) => [...new Set(all.map((each) => each.getAttribute("href")))]);
  const some = links.filter((_, index) => index % Math.ceil(links.length / 40) === 0);
  for (const link of some) {
    const answer = await page.request.get(place.url + link);
    assert.equal(answer.status(), 200, link);
  }
});

test("the language is chosen by a link", async () => {
  for (const [words, tag] of [["English", "en"], ["やさしい日本語", "ja"], ["日本語", "ja"]]) {
    await page.locator(".foot nav a", { hasText: new RegExp(`^${words}$`) }).click();
    assert.match(await page.getAttribute("html", "lang"), new RegExp(`^${tag}`));
  }
});
