// Pictures of the main pages of a running demonstration: node screenshots.mjs FOLDER [--samples]
// Address and logins come from the environment (see crates/xtask/src/browser.rs).
import { mkdirSync, readFileSync, readdirSync } from "node:fs";
import { SIZES, find, launch, signIn } from "./portal.mjs";

const [folder, samples] = process.argv.slice(2);
const url = process.env.BROWSER_TEST_URL;
const logins = process.env.BROWSER_TEST_LOGINS;
const login = Object.fromEntries(JSON.parse(readFileSync(logins, "utf8")).map((each) => [each.role, each]));
mkdirSync(folder, { recursive: true });
const browser = await launch();

async function shoot(role, size, pages) {
  const context = await browser.newContext({ viewport: SIZES[size], locale: "ja-JP" });
  const page = await context.newPage();
  await signIn(page, url, login[role]);
  const person = ["operator", "reception"].includes(role) ? "" : await find(page, url, "佐倉 花子");
  for (const [name, path] of pages(person)) {
    await page.goto(`${url}${path}`);
    await page.waitForTimeout(300);
    await page.screenshot({ path: `${folder}/${name}-${SIZES[size].width}.png` });
  }
  await context.close();
}

async function shootSamples(size) {
  const context = await browser.newContext({ viewport: SIZES[size], locale: "ja-JP" });
  const page = await context.newPage();
  const gallery = process.env.BROWSER_TEST_GALLERY;
  for (const file of readdirSync(gallery).filter((name) => name.endsWith(".html"))) {
    await page.goto(`file://${gallery}/${file}`);
    await page.screenshot({ path: `${folder}/${file.replace(".html", "")}-${SIZES[size].width}.png` });
  }
  await context.close();
}

for (const size of Object.keys(SIZES)) {
  if (samples) {
    await shootSamples(size);
    continue;
  }
  await shoot("physician", size, (person) => [
    ["physician", "/"], ["person", person],
    ["person-table", `${person}?view=table`], ["person-year", `${person}?range=1y`],
  ]);
  await shoot("nurse", size, (person) => [["nurse", "/"], ["nurse-person", person]]);
  await shoot("pharmacist", size, (person) => [["pharmacist", "/"], ["pharmacist-person", person]]);
  await shoot("helper", size, (person) => [["helper-person", person]]);
}
await browser.close();
