// "Nothing there" has many reasons, and the page says which: silent, not consented, outside the role, sensitive, or
// really nothing. Each is caused here by what causes it in life: a gateway stops, a person refuses, another
// profession looks, a diagnosis is one that needs more than a general consent.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Lab, Storage } from "./lab.mjs";
import { contextOf, find, launch, signIn, totp, until, watch } from "./portal.mjs";

const HOSPITAL = "hospital-01";
const CLINIC = "clinic-01";
const NAME = "白鳥総合病院";
const SECRET = "統合失調症";
let lab, browser, page, seen, storage, person;
// The words of each state as they were met.
const words = {};

before(async () => {
  browser = await launch();
  lab = await Lab.start();
  storage = new Storage(await lab.gateway(HOSPITAL), lab.localId(HOSPITAL));
  page = await (await contextOf(browser, lab, "physician")).newPage();
  seen = watch(page);
  person = await find(page, lab.url, "佐倉 花子");
  await page.goto(`${lab.url}${person}`);
  await page.evaluate(() => { window.untouched = true; });
});

after(async () => {
  await browser?.close();
  await lab?.close();
});

const row = (where = page) => where.locator("li.row", { has: where.locator("h3", { hasText: NAME }) });
// Asked in one breath: the page may be exchanged between two questions.
const state = async (where = page) => (await row(where).locator(".state").allInnerTexts())[0] ?? "";

async function table(role, query = "range=all") {
  const context = await contextOf(browser, lab, role);
  const other = await context.newPage();
  let text = "";
  for (let number = 1; ; number += 1) {
    await other.goto(`${lab.url}${person}?view=table&${query}&page=${number}`);
    text += await other.locator("main").innerText();
    if ((await other.locator(".pager a[rel=next]").count()) === 0) break;
  }
  await context.close();
  return text;
}

test("a source that delivers has no sentence in its row", async () => {
  storage.laboratory("000000009000001", "1.11");
  await until("the first file", 30, async () => (await page.locator("#day").innerText()).includes("1.11"));
  assert.equal(await state(), "");
  assert.doesNotMatch(await row().innerText(), /未取得/);
});

test("a gateway that stops is silent in words, and current again when it is back", async (t) => {
  await lab.stop(`gateway ${HOSPITAL}`);
  const stopped = await until("silence", 60, async () => /応答がありません/.test(await state()));
  words.silent = await state();
  assert.match(await row().innerText(), /未取得/);
  t.diagnostic(`gateway stopped → silent on the open page: ${stopped.toFixed(1)} s (silent after 20 s)`);
  await lab.gateway(HOSPITAL);
  const back = await until("current again", 60, async () => (await state()) === "");
  t.diagnostic(`gateway started → current on the open page: ${back.toFixed(1)} s`);
});

test("a source without records in the range says so", async () => {
  const other = await (await contextOf(browser, lab, "physician")).newPage();
  await other.goto(`${lab.url}${person}?range=1m&end=2020-01-31`);
  words.none = await row(other).locator(".none").textContent();
  assert.match(words.none, /記録はありません/);
  assert.equal(await state(other), "");
  await other.context().close();
});

test("what another profession does not see is named as such", async () => {
  const nobody = await table("helper");
  assert.ok((await table("physician")).includes("クレアチニン"));
  assert.ok(!/クレアチニン|eGFR|mg\/dL/.test(nobody));
  const context = await contextOf(browser, lab, "helper");
  const other = await context.newPage();
  await other.goto(`${lab.url}${person}`);
  words.partly = await state(other);
  assert.match(words.partly, /職種/);
  words.outside = await other.locator("li.row.outside .state").first().innerText();
  assert.match(words.outside, /職種/);
  await context.close();
});

test("a sensitive diagnosis leaves no trace but one line for the whole region", async () => {
  const count = (text) => text.match(/(\d+)件（/)[1];
  const before = count(await table("physician"));
  storage.diagnosis("000000009100001", "F200", SECRET);
  await until("the diagnosis is kept", 30, async () => {
    const out = join(lab.folder, `export-${Date.now()}`);
    await lab.run("export", "--data", lab.data, "--out", out);
    return readFileSync(join(out, "Condition.ndjson"), "utf8").includes(SECRET);
  });
  const text = await table("physician");
  assert.ok(!text.includes(SECRET));
  assert.equal(count(text), before, "not even counted");
  const line = page.locator(".sensitive");
  assert.equal(await line.count(), 1);
  words.sensitive = await line.innerText();
  assert.match(words.sensitive, /精神科/);
  for (const name of await page.locator("li.row h3").allInnerTexts()) assert.ok(!words.sensitive.includes(name));
  assert.equal(await state(), "", "the row of its source says nothing");
});

test("an agreement that names both facilities shows it to the physician", async () => {
  await lab.consent(CLINIC, `${lab.localId(CLINIC)},permit,${HOSPITAL} ${CLINIC},,2026-01-01,`);
  assert.ok((await table("physician")).includes(SECRET));
  assert.ok(!(await table("nurse")).includes(SECRET), "to nobody else");
});

test("a refusal of one facility closes its row on the open page", async (t) => {
  assert.ok((await row().locator(".track a").count()) > 0, "there is something to close");
  await lab.consent(CLINIC, `${lab.localId(CLINIC)},deny,${HOSPITAL},,2026-01-01,`);
  const seconds = await until("the closed row", 15, async () => /同意/.test(await state()));
  words.closed = await state();
  assert.equal(await row().locator(".track a").count(), 0);
  assert.ok(!/クレアチニン.*白鳥総合病院/.test(await table("physician")));
  t.diagnostic(`refusal entered → on the open page: ${seconds.toFixed(1)} s`);
});

// Somebody at a facility that has no registration of the person, only a relationship: invited as in life.
async function invited(facility) {
  await lab.run("hub", "token", "--data", lab.data, "--facility", facility, "--kind", "visiting-nurse", "--name", "訪問看護 みさき");
  const office = await (await contextOf(browser, lab, "operator")).newPage();
  await office.goto(`${lab.url}/operator/staff`);
  await office.fill("[name=name]", "岬 巡");
  await office.fill("[name=login]", "misaki");
  await office.selectOption("[name=profession]", "nurse");
  await office.selectOption("[name=facility]", facility);
  await office.locator("form[action='/operator/staff'] button[type=submit]").click();
  const link = await office.locator("code.once").innerText();
  await office.context().close();
  const other = await (await browser.newContext({ locale: "ja-JP" })).newPage();
  await other.goto(new URL(new URL(link, lab.url).pathname, lab.url).href);
  const login = { login: "misaki", password: "hamanasu-misaki-7", totp_secret: (await other.locator(".secret code").innerText()).replaceAll(" ", "") };
  await other.fill("[name=password]", login.password);
  await other.fill("[name=again]", login.password);
  await other.fill("[name=totp]", totp(login.totp_secret, Date.now() / 1000));
  await other.click("main button[type=submit]");
  await signIn(other, lab.url, login);
  return other;
}

test("without a registration, relationship and consent open the page, and a refusal shuts it while it is open", async (t) => {
  const other = await invited("nurse-99");
  const refused = () => other.locator(".error").innerText();
  await other.goto(lab.url + person);
  assert.match(await refused(), /関わり/, "no relationship: a refusal with its reason");
  await lab.consent(CLINIC, `${lab.localId(CLINIC)},relationship,nurse-99,care-contract,2026-01-01,`);
  await other.goto(lab.url + person);
  assert.ok((await other.locator("li.row").count()) > 3);
  await lab.consent(CLINIC, `${lab.localId(CLINIC)},deny,nurse-99,,2026-01-01,`);
  const seconds = await until("the refusal", 15, async () => (await other.locator(".error").count()) > 0);
  assert.match(await refused(), /断って/);
  assert.equal(await other.locator("li.row").count(), 0);
  assert.ok(!/アレルギー|抗凝固/.test(await other.locator("body").innerText()));
  t.diagnostic(`refusal entered → open page shut: ${seconds.toFixed(1)} s`);
  await other.context().close();
});

test("a refusal of everything leaves the own records only", async (t) => {
  await lab.consent(CLINIC, `${lab.localId(CLINIC)},deny,,,2026-01-01,`);
  const closed = async () => (await page.locator("li.row.closed").count()) >= 5;
  const seconds = await until("the closed rows", 15, closed);
  const own = page.locator("li.row", { has: page.locator("h3", { hasText: "港町内科クリニック" }) });
  assert.ok((await own.locator(".track a").count()) > 0, "the own chart stays");
  assert.match(await page.locator(".ban .consent").innerText(), /自施設/);
  t.diagnostic(`everything refused → on the open page: ${seconds.toFixed(1)} s`);
});

test("the states read differently, and nothing went wrong on the open page", async () => {
  const all = Object.values(words);
  assert.equal(all.length, 6);
  assert.equal(new Set(all).size, all.length, JSON.stringify(words));
  assert.equal(await page.evaluate(() => window.untouched), true);
  assert.deepEqual(seen.troubles, []);
});
