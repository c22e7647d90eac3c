// Renders drawn notices in a headless browser: every page fits one sheet of A4, every block stands on it, and
// the QR code, read back from the picture, holds the address that was printed.
//
// node notice_paper.mjs FOLDER INDEX [PICTURES]: FOLDER holds NAME.html, INDEX what `examples/notice_paper.rs`
// said of them; the pictures of PICTURES, if given, are written there. CHROMIUM names the browser.

import { readFileSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { chromium } from "playwright-core";
import jsQR from "jsqr";
import { PNG } from "pngjs";

const [folder, index, pictures] = process.argv.slice(2);
const BLOCKS = ["reference", "publicity", "effect", "conditions", "papers", "route", "limits", "honesty",
  "no-fee", "remedies", "contacts"];
// Those that the docs show.
const SHOWN = ["r1-first-day", "r1-last-day", "r2-first-day", "r2-last-day", "r3-first-day", "r3-serious",
  "market-food", "longest"];

// A picture in sixteen greys, which is what a printed page needs.
function inGreys(bytes) {
  const picture = PNG.sync.read(bytes);
  for (let at = 0; at < picture.data.length; at += 4) {
    const [red, green, blue] = picture.data.subarray(at, at + 3);
    const grey = Math.round((red * 0.299 + green * 0.587 + blue * 0.114) / 17) * 17;
    picture.data.fill(grey, at, at + 3);
  }
  return PNG.sync.write(picture, { colorType: 0, deflateLevel: 9, filterType: 0 });
}

function equal(found, expected, what) {
  if (JSON.stringify(found) !== JSON.stringify(expected)) {
    throw new Error(`${what}: ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`);
  }
}

function pagesOf(pdf) {
  return (pdf.toString("latin1").match(/\/Type\s*\/Page[^s]/g) ?? []).length;
}

async function check(page, name, hash, address) {
  const bytes = readFileSync(join(folder, `${name}.html`));
  equal(createHash("sha256").update(bytes).digest("hex"), hash, `${name}: hash of the page`);
  await page.setContent(bytes.toString("utf8"), { waitUntil: "load" });

  const pdf = await page.pdf({ preferCSSPageSize: true, printBackground: true });
  equal(pagesOf(pdf), 1, `${name}: sheets of A4`);

  await page.emulateMedia({ media: "print" });
  const seen = await page.evaluate((blocks) => {
    const mm = document.createElement("div");
    mm.style.height = "100mm";
    document.body.append(mm);
    const scale = mm.getBoundingClientRect().height / 100;
    mm.remove();
    const box = (element) => element.getBoundingClientRect();
    const wide = [...document.querySelectorAll("body *")].filter((one) => one.scrollWidth > one.clientWidth + 1
      && getComputedStyle(one).display !== "inline" && !(one instanceof SVGElement));
    return {
      blocks: blocks.filter((one) => document.querySelector(`tr.${one} > td`)?.innerText.trim().length > 3),
      documents: document.querySelectorAll(".receipt tr.document").length,
      height: box(document.body).height / scale,
      wide: wide.map((one) => one.className || one.tagName),
      qr: box(document.querySelector("svg.qr")).width / scale,
      letters: parseFloat(getComputedStyle(document.querySelector(".blocks td")).fontSize) * 0.75,
    };
  }, BLOCKS);
  equal(seen.blocks, BLOCKS, `${name}: blocks`);
  equal(seen.documents, 2, `${name}: documents on the receipt`);
  equal(seen.wide, [], `${name}: what is wider than its place`);
  if (seen.height > 276) throw new Error(`${name}: ${seen.height} mm high, the sheet has 276`);
  if (seen.letters < 7.5) throw new Error(`${name}: letters of ${seen.letters} pt`);

  const picture = PNG.sync.read(await page.locator("svg.qr").screenshot());
  const code = jsQR(new Uint8ClampedArray(picture.data), picture.width, picture.height);
  equal(code?.data, address, `${name}: what the QR code holds`);
  await page.emulateMedia({ media: "screen" });
  if (pictures && SHOWN.includes(name)) {
    writeFileSync(join(pictures, `${name}.png`), inGreys(await page.screenshot({ fullPage: true })));
  }
  console.log(`ok   ${name}: ${seen.height.toFixed(1)} of 276 mm, letters ${seen.letters.toFixed(1)} pt, `
    + `QR ${seen.qr.toFixed(0)} mm`);
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});
let passed = 0;
let failed = 0;
try {
  const context = await browser.newContext({
    viewport: { width: 794, height: 1123 }, deviceScaleFactor: 1.4, offline: true,
  });
  const page = await context.newPage();
  // Nothing may be asked for from outside; about:blank is where the page is put.
  page.on("request", (request) => { throw new Error(`the page asked for ${request.url()}`); });
  for (const line of readFileSync(index, "utf8").trim().split("\n")) {
    const [name, hash, , address] = line.split("\t");
    try {
      await check(page, name, hash, address);
      passed += 1;
    } catch (error) {
      failed += 1;
      console.log(`FAIL ${error.message}`);
    }
  }
} finally {
  await browser.close();
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
