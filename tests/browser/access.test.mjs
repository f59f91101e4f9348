// Nothing in the way of anybody: axe-core finds no breach of WCAG 2.0–2.2 A or AA on any page that any role reaches, nor
// on any sample page (states that are rare in life), in three languages, on a desktop's and a tablet's width.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { extname, join, normalize } from "node:path";
import { after, before, test } from "node:test";
import { reachable, shape } from "./pages.mjs";
import { LANGUAGES, SIZES, contextOf, demo, launch, speak } from "./portal.mjs";

const place = demo();
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"];
let browser;

before(async () => { browser = await launch(); });
after(() => browser?.close());

// What is wrong on the page that is open, as lines; and how many rules were looked at.
async function breaches(page) {
  await page.evaluate(AXE);
  const result = await page.evaluate(
    (values) => globalThis.axe.run(document, { runOnly: { type: "tag", values }, resultTypes: ["violations"] }),
    RULES,
  );
  const lines = result.violations.map(({ id, help, nodes }) =>
    `${id}: ${help} (${nodes.length}) ${nodes[0].html.slice(0, 160)} ${nodes[0].failureSummary?.split("\n")[1] ?? ""}`);
  if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth + 1)) {
    lines.push("reflow: the page is wider than the window");
  }
  return { lines, looked: result.passes.length };
}

async function every(contexts, addresses, t) {
  const wrong = [];
  let looked = 0;
  for (const [name, context] of contexts) {
    const page = await context.newPage();
    for (const address of addresses) {
      await page.goto(address);
      const found = await breaches(page);
      looked += found.looked;
      const what = new URL(address).pathname.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "…") + new URL(address).search;
      wrong.push(...found.lines.map((line) => `${name} ${what}\n    ${line}`));
    }
    await page.close();
    await context.close();
  }
  t.diagnostic(`${addresses.length} pages × ${contexts.length}, ${looked} rules passed`);
  assert.ok(looked > addresses.length * contexts.length, "axe looked at nothing");
  assert.deepEqual(wrong, []);
}

// Every language on the desktop, every width in Japanese and English: what breaks is width × length of words.
async function looks(make) {
  const list = [];
  for (const language of LANGUAGES) {
    for (const [size, viewport] of Object.entries(SIZES)) {
      const context = await make(viewport);
      await speak(context, place, language);
      list.push([`${language} ${size}`, context]);
    }
  }
  return list;
}

const done = new Set();
for (const role of ["physician", "operator", "reception", "nurse", "pharmacist", "dentist", "care-manager", "helper"]) {
  test(`pages of ${role}`, async (t) => {
    const own = await reachable(browser, place, role);
    // Pages that look the same for everybody are looked at once; the first screen and the person for every role.
    const fresh = own.filter((each) => !done.has(shape(each)) || each === "/" || shape(each) === "/person/:id");
    own.forEach((each) => done.add(shape(each)));
    const contexts = await looks((viewport) => contextOf(browser, place, role, { viewport }));
    await every(contexts, fresh.map((each) => place.url + each), t);
  });
}

test("before logging in", async (t) => {
  await every(await looks((viewport) => browser.newContext({ viewport })), [`${place.url}/login`], t);
});

for (const language of LANGUAGES) {
  test(`sample pages, ${language}`, async (t) => {
    const root = process.env.BROWSER_TEST_GALLERY;
    const types = { ".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml" };
    const server = createServer((request, answer) => {
      const path = normalize(new URL(request.url, "http://x").pathname);
      try {
        const body = readFileSync(join(root, path));
        answer.setHeader("content-type", types[extname(path)] ?? "text/plain").end(body);
      } catch {
        answer.writeHead(404).end();
      }
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    const at = `http://127.0.0.1:${server.address().port}/${language}`;
    const addresses = readdirSync(join(root, language)).sort().map((name) => `${at}/${name}`);
    const contexts = [];
    for (const [size, viewport] of Object.entries(SIZES)) {
      contexts.push([size, await browser.newContext({ viewport, javaScriptEnabled: true })]);
    }
    try {
      await every(contexts, addresses, t);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
}
