// Pictures of the main pages of a running demonstration: node screenshots.mjs URL LOGINS.json FOLDER
import { mkdirSync, readFileSync } from "node:fs";
import { SIZES, find, launch, signIn } from "./portal.mjs";

const [url, logins, folder] = process.argv.slice(2);
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

for (const size of Object.keys(SIZES)) {
  await shoot("physician", size, (person) => [
    ["physician", "/"], ["search", "/search?q=佐倉"], ["person", person],
    ["person-table", `${person}?view=table`], ["person-year", `${person}?range=1y`],
  ]);
  await shoot("nurse", size, (person) => [["nurse", "/"], ["nurse-person", person]]);
  await shoot("pharmacist", size, (person) => [["pharmacist", "/"], ["pharmacist-person", person]]);
  await shoot("helper", size, (person) => [["helper-person", person]]);
}
await browser.close();
