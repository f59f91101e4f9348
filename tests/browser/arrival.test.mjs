// A file written into a folder that a real gateway watches is on the open page, and what becomes of it later as well:
// superseded, deleted, issued again. The page is never reloaded by the test.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Lab, Storage, flag, today } from "./lab.mjs";
import { contextOf, find, launch, until, watch } from "./portal.mjs";

const HOSPITAL = "hospital-01";
let lab, browser, page, seen, storage, person;

before(async () => {
  browser = await launch();
  lab = await Lab.start();
  storage = new Storage(await lab.gateway(HOSPITAL), lab.localId(HOSPITAL));
  page = await (await contextOf(browser, lab, "physician")).newPage();
  seen = watch(page);
  person = await find(page, lab.url, "佐倉 花子");
  const day = today().replace(/(....)(..)(..)/, "$1-$2-$3");
  await page.goto(`${lab.url}${person}?day=${day}`);
  // If the page were loaded anew, the mark would be gone.
  await page.evaluate(() => { window.untouched = true; });
});

after(async () => {
  await browser?.close();
  await lab?.close();
});

const day = () => page.locator("#day").innerText();
const shows = (...words) => async () => {
  const text = await day();
  return words.every((word) => (word instanceof RegExp ? word.test(text) : text.includes(word)));
};

// The whole history of one result, as its own page tells it: newest first.
async function history(value) {
  const row = page.locator("#day tr, #day li").filter({ hasText: value }).first();
  const address = await row.locator("a").first().getAttribute("href");
  const other = await page.context().newPage();
  await other.goto(`${lab.url}${address}`);
  const versions = await other.locator(".versions > li").allInnerTexts();
  await other.close();
  return versions;
}

const CRP = "CRP";
const GONE = "取り消し";

test("a new file is on the open page", async (t) => {
  storage.first = storage.laboratory("000000009000001", "1.11");
  const seconds = await until("the new result", 15, shows(CRP, "1.11"));
  t.diagnostic(`file written → on the open page: ${seconds.toFixed(2)} s`);
});

test("a corrected file supersedes the first", async (t) => {
  flag(storage.first, 2);
  storage.second = storage.laboratory("000000009000001", "2.22");
  const seconds = await until("the corrected result", 15, shows(CRP, "2.22"));
  assert.doesNotMatch(await day(), /1\.11/, "the old value is no result of that day any more");
  const versions = await history("2.22");
  assert.match(versions.at(0), /現在の内容/);
  assert.match(versions.join("\n"), /差し替え済み/);
  t.diagnostic(`corrected file → on the open page: ${seconds.toFixed(2)} s`);
});

test("back to the first value is a version of its own", async (t) => {
  flag(storage.second, 2);
  storage.third = storage.laboratory("000000009000001", "1.11");
  const seconds = await until("the first value again", 15, shows(CRP, "1.11"));
  const versions = await history("1.11");
  assert.match(versions.at(0), /現在の内容/);
  assert.match(versions.at(0), /と同じ内容に戻りました/, "A→B→A is said");
  t.diagnostic(`A→B→A → on the open page: ${seconds.toFixed(2)} s; ${versions.length} versions`);
});

test("a deleted file is named as deleted, not gone in silence", async (t) => {
  storage.third = flag(storage.third, 0);
  const seconds = await until("the deletion", 15, shows(CRP, GONE));
  const versions = await history(GONE);
  assert.match(versions.at(0), /送信元で削除/);
  t.diagnostic(`deleted file → on the open page: ${seconds.toFixed(2)} s`);
});

test("deleted and issued again is there again", async (t) => {
  storage.laboratory("000000009000001", "3.33");
  const seconds = await until("the result issued again", 15, shows(CRP, "3.33"));
  assert.doesNotMatch(await day(), new RegExp(GONE));
  const versions = await history("3.33");
  assert.match(versions.at(0), /現在の内容/);
  assert.match(versions.join("\n"), /送信元で削除/, "the deletion stays in the history");
  t.diagnostic(`issued again → on the open page: ${seconds.toFixed(2)} s; ${versions.length} versions`);
});

test("the page was never loaded anew, and nothing went wrong on it", async () => {
  assert.equal(await page.evaluate(() => window.untouched), true);
  assert.deepEqual(seen.troubles, []);
});
