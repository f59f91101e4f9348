// A person at the portal: starts Chromium, logs in with password and second factor, looks at pages.
import { createHmac } from "node:crypto";
import { chromium } from "playwright-core";

export const SIZES = { desktop: { width: 1440, height: 1000 }, tablet: { width: 834, height: 1112 } };

const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--font-render-hinting=none",
];

export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
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
  const last = used.get(login.login) ?? 0;
  while (Math.floor(seconds / 30) <= last) seconds += 30;
  used.set(login.login, Math.floor(seconds / 30));
  return totp(login.totp_secret, seconds);
}

export async function signIn(page, url, login) {
  for (let tries = 0; tries < 3; tries += 1) {
    while (Math.floor((Date.now() / 1000 - 30) / 30) + 2 < (used.get(login.login) ?? 0)) {
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    await page.goto(`${url}/login`);
    await page.fill("[name=login]", login.login);
    await page.fill("[name=password]", login.password);
    await page.fill("[name=totp]", freshCode(login));
    await Promise.all([page.waitForNavigation(), page.click("button[type=submit]")]);
    if (!page.url().endsWith("/login")) return;
  }
  throw new Error(`${login.login} could not log in`);
}

export async function find(page, url, words) {
  await page.goto(`${url}/search?q=${encodeURIComponent(words)}`);
  return page.locator("a[href^='/person/']").first().getAttribute("href");
}
