// Pictures of the main pages of every role of a running demonstration: node screenshots.mjs FOLDER [--samples]
// Address and logins come from the environment that `cargo xtask screenshots` sets.
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { reachable, shape } from "./pages.mjs";
import { LANGUAGES, SIZES, contextOf, demo, find, launch, pause } from "./portal.mjs";

const [folder, samples] = process.argv.slice(2);
const place = demo();
const browser = await launch();

// A new account has seen nothing yet: the picture tells more once something has arrived.
const SETTLE = 8000;

async function shoot(role, viewport, pages) {
  const context = await contextOf(browser, place, role, { viewport });
  const page = await context.newPage();
  for (const [name, path] of pages) {
    await page.goto(`${place.url}${path}`);
    await page.evaluate(() => document.fonts.ready);
    await page.screenshot({ path: join(folder, `${name}-${viewport.width}.png`) });
  }
  await context.close();
}

async function personOf(role) {
  const context = await contextOf(browser, place, role);
  const found = await find(await context.newPage(), place.url, "佐倉 花子");
  await context.close();
  return found;
}

// Pages of a role that only it has, named after their address.
async function own(role) {
  const addresses = await reachable(browser, place, role);
  return addresses
    .filter((each) => /^\/(operator|inbox|review|reception)/.test(each))
    .map((each) => [`${role}${shape(each).replace(/\/:(id|n)/g, "").split("?")[0].replace(/^\/operator/, "").replaceAll("/", "-")}`, each]);
}

async function people() {
  const person = await personOf("physician");
  const context = await contextOf(browser, place, "physician");
  const page = await context.newPage();
  await find(page, place.url, "佐倉");
  const found = new URL(page.url()).search;
  await page.goto(place.url + person);
  const record = await page.locator("#day a[href*='/record/']").first().getAttribute("href");
  await context.close();
  const [operator, reception] = [await own("operator"), await own("reception")];
  await pause(SETTLE);
  for (const viewport of Object.values(SIZES)) {
    await shoot("physician", viewport, [
      ["physician", "/"], ["search", `/search${found}`], ["person", person],
      ["person-table", `${person}?view=table`], ["person-year", `${person}?range=1y`],
      ["record", record], ["original", record.replace(/\/original$/, "") + "/original"],
    ]);
    await shoot("nurse", viewport, [["nurse", "/"], ["nurse-person", person]]);
    await shoot("pharmacist", viewport, [["pharmacist", "/"], ["pharmacist-person", person]]);
    await shoot("care-manager", viewport, [["care-manager", "/"]]);
    await shoot("helper", viewport, [["helper", "/"], ["helper-person", person]]);
    await shoot("dentist", viewport, [["dentist", "/"]]);
    await shoot("operator", viewport, operator);
    await shoot("reception", viewport, [["reception-search", "/search"], ...reception]);
  }
}

async function gallery() {
  const root = process.env.BROWSER_TEST_GALLERY;
  for (const viewport of Object.values(SIZES)) {
    const page = await (await browser.newContext({ viewport })).newPage();
    for (const language of LANGUAGES) {
      for (const file of readdirSync(join(root, language))) {
        await page.goto(`file://${root}/${language}/${file}`);
        const name = `${file.replace(".html", "")}-${language}-${viewport.width}.png`;
        await page.screenshot({ path: join(folder, name), fullPage: true });
      }
    }
    await page.context().close();
  }
}

mkdirSync(folder, { recursive: true });
await (samples ? gallery() : people());
await browser.close();
