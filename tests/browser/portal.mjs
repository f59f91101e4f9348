// A person at the portal: starts Chromium, logs in with password and second factor, looks at pages.
// Where the portal runs and who may log in comes from the environment that `cargo xtask browser` sets.
import { createHmac } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";

export const SIZES = { desktop: { width: 1440, height: 1000 }, tablet: { width: 834, height: 1112 } };
export const LANGUAGES = ["ja", "easy", "en"];

const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--font-render-hinting=none",
];

export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
}

// A portal with its accounts: { url, logins: { role: { login, password, totp_secret, … } } }.
export function portal(url, file) {
  const logins = Object.fromEntries(JSON.parse(readFileSync(file, "utf8")).map((each) => [each.role, each]));
  return { url, logins };
}

// The demonstration that was started for these tests.
export function demo() {
  const { BROWSER_TEST_URL: url, BROWSER_TEST_LOGINS: file } = process.env;
  if (!url || !file) throw new Error("run these tests through: cargo xtask browser");
  return portal(url, file);
}

// RFC 6238: SHA-1, 6 digits, 30 s.
export function totp(secret, seconds) {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret].map((letter) => letters.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(seconds / 30)));
  const hash = createHmac("sha1", key).update(counter).digest();
  const code = hash.readUInt32BE(hash[19] & 15) & 0x7fffffff;
  return String(code % 1_000_000).padStart(6, "0");
}

// A code works once: who logs in again within half a minute takes the next one (one step of skew is allowed).
const used = new Map();
function freshCode(login) {
  let seconds = Date.now() / 1000 - 30;
  const last = used.get(login.totp_secret) ?? 0;
  while (Math.floor(seconds / 30) <= last) seconds += 30;
  used.set(login.totp_secret, Math.floor(seconds / 30));
  return totp(login.totp_secret, seconds);
}

export async function signIn(page, url, login) {
  for (let tries = 0; tries < 3; tries += 1) {
    while (Math.floor((Date.now() / 1000 - 30) / 30) + 2 < (used.get(login.totp_secret) ?? 0)) await pause(1000);
    await page.goto(`${url}/login`);
    await page.fill("[name=login]", login.login);
    await page.fill("[name=password]", login.password);
    await page.fill("[name=totp]", freshCode(login));
    await Promise.all([page.waitForNavigation(), page.click("main button[type=submit]")]);
    if (!page.url().endsWith("/login")) return;
  }
  throw new Error(`${login.login} could not log in`);
}

// A browser context in which this role is logged in. Logged in once for all test files: codes work only once.
export async function contextOf(browser, place, role, options = {}) {
  const folder = process.env.BROWSER_TEST_SESSIONS;
  const port = new URL(place.url).port;
  const file = folder && join(folder, `${port}-${role}.json`);
  const settings = { viewport: SIZES.desktop, locale: "ja-JP", ...options };
  if (!file || !existsSync(file)) {
    const context = await browser.newContext(settings);
    const page = await context.newPage();
    await signIn(page, place.url, place.logins[role]);
    await page.close();
    if (!file) return context;
    writeFileSync(file, JSON.stringify(await context.storageState()));
    await context.close();
  }
  return browser.newContext({ ...settings, storageState: file });
}

// Chooses the language of the pages.
export function speak(context, place, language) {
  return context.addCookies([{ name: "hakucho_lang", value: language, url: place.url }]);
}

// Finds a person by what is typed into the search page, and gives the address of the first one's page.
export async function find(page, url, words) {
  await page.goto(`${url}/search`);
  await page.fill("main [name=q]", words);
  await Promise.all([page.waitForNavigation(), page.click("main button[type=submit]")]);
  const first = page.locator("main a[href^='/person/']").first();
  if ((await first.count()) === 0) throw new Error("nobody was found");
  return first.getAttribute("href");
}

// What goes wrong on a page without being seen: script errors, console errors, breaches of the content policy;
// and every address and title it ever had.
export function watch(page) {
  const seen = { troubles: [], addresses: new Set(), titles: new Set() };
  page.on("console", (message) => {
    if (message.type() === "error") seen.troubles.push(message.text());
  });
  page.on("pageerror", (error) => seen.troubles.push(String(error)));
  page.on("request", (request) => seen.addresses.add(request.url()));
  page.on("framenavigated", async (frame) => {
    seen.addresses.add(frame.url());
    try { seen.titles.add(await frame.title()); } catch { /* left already */ }
  });
  return seen;
}

export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// Seconds until something is true; fails after a generous limit.
export async function until(what, limit, look) {
  const begun = performance.now();
  for (;;) {
    if (await look()) return (performance.now() - begun) / 1000;
    if (performance.now() - begun > limit * 1000) throw new Error(`${what}: not within ${limit} s`);
    await pause(50);
  }
}
