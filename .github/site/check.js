// Opens every page of the built site in a browser, as wide as a phone, and plays the sounds.
// node check.js SITE BROWSER

const { readdirSync } = require("node:fs");
const { resolve } = require("node:path");
const { pathToFileURL } = require("node:url");
const puppeteer = require("puppeteer-core");

const [site, executablePath] = process.argv.slice(2);
const phone = { width: 360, height: 640 };
// A root user's browser has no sandbox.
const args = process.getuid() === 0 ? ["--no-sandbox"] : [];

async function check(page, name, wrong) {
  page.on("console", (said) => {
    if (said.type() === "error") wrong(`console: ${said.text()}`);
  });
  page.on("pageerror", (error) => wrong(error.message));
  page.on("requestfailed", (request) => wrong(`not loaded: ${request.url()}`));
  await page.setViewport(phone);
  await page.goto(pathToFileURL(resolve(site, name)), { waitUntil: "load" });
  const width = await page.evaluate(() => document.scrollingElement.scrollWidth);
  if (width > phone.width) wrong(`${width} pixels wide`);
  for (const picture of await page.$$("main img")) {
    if (!(await picture.evaluate((it) => it.naturalWidth))) wrong("a picture is not shown");
  }
  const sounds = await page.$$("audio");
  for (const sound of sounds) {
    await sound.focus();
    await page.keyboard.press("Space");
    const ended = await sound.evaluate((it) => new Promise((done) => {
      const end = () => done(it.error ? it.error.message : it.currentTime === it.duration && it.duration > 0);
      if (it.ended || it.error) end();
      it.onended = it.onerror = end;
      setTimeout(() => done(`at ${it.currentTime} of ${it.duration} s`), 20_000);
    }));
    if (ended !== true) wrong(`a sound does not play to its end: ${ended}`);
  }
  return sounds.length;
}

(async () => {
  const browser = await puppeteer.launch({ executablePath, args });
  const pages = readdirSync(site).filter((name) => name.endsWith(".html"));
  pages.push("api/herald_audio/index.html", "api/herald_throttle/index.html");
  const found = [];
  let sounds = 0;
  for (const name of pages) {
    const page = await browser.newPage();
    sounds += await check(page, name, (what) => found.push(`${name}: ${what}`));
    await page.close();
  }
  await browser.close();
  if (pages.length < 20) found.push(`only ${pages.length} pages`);
  if (sounds !== 4) found.push(`${sounds} sounds instead of 4`);
  console.log(found.join("\n") || `${pages.length} pages, ${sounds} sounds: all right`);
  process.exitCode = found.length ? 1 : 0;
})();
