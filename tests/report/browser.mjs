// browser.mjs CHROMIUM BUILD [SCREENSHOTS]: the pages of recordings.py, in one headless Chromium.
import assert from "node:assert/strict";
import path from "node:path";
import { chromium } from "playwright-core";
import { open, tooFaint, tooWide, unreachable } from "./checks.mjs";

const [executablePath, build, screenshots] = process.argv.slice(2);
const sandbox = process.getuid?.() === 0 ? ["--no-sandbox"] : []; // root has none to give up
const browser = await chromium.launch({ executablePath, args: sandbox });
const names = ["good", "quiet", "hostile", "failed", "killed", "long", "person", "early"];
const file = (name) => path.resolve(build, `${name}.html`);

const tests = {
  // Each page, in the light and in the dark, wide and narrow.
  async "every page is whole, readable, and loads nothing"() {
    for (const name of names)
      for (const colorScheme of ["light", "dark"]) {
        const { page, wrong, close } = await open(browser, file(name), { colorScheme });
        await page.setViewportSize({ width: 360, height: 700 });
        assert.ok(await tooWide(page) <= 0, `${name}: too wide for a phone`);
        await page.setViewportSize({ width: 1150, height: 800 });
        assert.ok(await tooWide(page) <= 0, `${name}: too wide`);
        assert.deepEqual(await tooFaint(page), [], `${name}, ${colorScheme}`);
        assert.deepEqual(await unreachable(page), [], name);
        assert.equal(await page.locator("[id^='broken-']").count(), 0, `${name}: a part cannot be shown`);
        assert.equal(await page.evaluate(() => window.hacked), undefined, `${name}: a script of the guest's has run`);
        assert.deepEqual(wrong, [], name);
        await close();
      }
  },

  async "the search finds, counts, goes on and filters"(page) {
    await page.keyboard.press("/");
    await page.keyboard.type("resizing the FILESYSTEM");
    await page.locator("#found").getByText("1 hit").waitFor();
    await page.keyboard.press("Enter");
    const hit = page.locator(".row.now");
    assert.match(await hit.textContent(), /Resizing the filesystem on \/dev\/sda2/);
    assert.ok(await hit.evaluate((n) => n.getBoundingClientRect().top > 0 && n.getBoundingClientRect().bottom < innerHeight));
    await page.getByLabel("only lines that match").check();
    assert.equal(await page.locator("#console .row:visible").count(), 1);
    await page.getByLabel("only lines that match").uncheck();
    await page.locator("#search").fill("/Pass [1-5]:/");
    assert.equal(await page.locator("#found").textContent(), "10 hits");
    await page.locator("#search").press("Shift+Enter");
    assert.equal(await page.locator("#found").textContent(), "10 of 10 hits");
    await page.locator("#search").fill("/(/");
    assert.match(await page.locator("#found").textContent(), /no regular expression/);
    await page.locator("#search").press("Escape");
    assert.equal(await page.locator(".row.hit").count(), 0);
    const all = await page.locator("#console .row:visible").count();
    await page.getByLabel("kernel lines").uncheck();
    assert.ok(await page.locator("#console .row:visible").count() < all);
  },

  async "a step leads to its place in the transcript"(page) {
    await page.getByRole("link", { name: "Grow the file system with resize2fs" }).first().click();
    const block = page.locator(".block:target");
    assert.match(await block.locator("h3").textContent(), /^Step 23: /);
    assert.match(await block.textContent(), /resize2fs 1\.\d+/);
    assert.ok(await block.locator("h3").evaluate((n) => n.getBoundingClientRect().top >= 0 && n.getBoundingClientRect().top < innerHeight));
  },

  async "the time line can be narrowed, by button, key and mouse"(page) {
    const axis = () => page.locator("#timeline .tick-text").allTextContents();
    const whole = await axis();
    await page.getByRole("button", { name: "fdisk to resize2fs" }).click();
    const part = await axis();
    assert.notDeepEqual(part, whole);
    await page.locator("#timeline .chart").press("0");
    assert.deepEqual(await axis(), whole);
    const box = await page.locator("#timeline .chart").boundingBox();
    await page.mouse.move(box.x + box.width * 0.4, box.y + 60);
    assert.match(await page.locator(".readout").textContent(), /^\d+\.\d+\ss, the guest's/);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.6, box.y + 60, { steps: 4 });
    await page.mouse.up();
    assert.notDeepEqual(await axis(), whole);
  },

  async "without an order of mdev's events the node is seen to vanish and to come back"(page) {
    assert.match(await page.locator("#node-verdict").textContent(), /\/dev\/sda2 vanished at [\d.]+\ss .* and was back at [\d.]+\ss/);
    assert.ok(await page.locator("#timeline svg .gone").count() > 0);
    assert.ok(await page.locator("#nodes svg .gone").count() > 0);
    assert.match((await page.locator("#nodes svg .late-text").allTextContents()).join(), /out of order: removed after event \d+/);
  },

  async "disk, words and proof are there"(page) {
    assert.equal(await page.locator("#disk .map").count(), 2);
    assert.match(await page.locator("#disk .map").last().getAttribute("aria-label"), /partition 2 495\.5\sMiB/);
    assert.match((await page.locator("#words pre").allTextContents()).join("\n"), /^e2fsck 1\.[^]*Pass 5[^]*resize2fs 1\.[^]*blocks long\.$/m);
    assert.match(await page.locator("#proof").textContent(), /All \d+ checks are right/);
  },

  async "on paper everything is unfolded, and what can be clicked is gone"(page) {
    const pdf = await page.pdf({ printBackground: true });
    assert.equal(pdf.subarray(0, 5).toString(), "%PDF-");
    await page.emulateMedia({ media: "print" });
    assert.equal(await page.locator("nav, .tools, .search").evaluateAll((all) => all.filter((n) => n.checkVisibility()).length), 0);
    await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
    assert.equal(await page.locator("details:not([open]):not(td details)").count(), 0);
    await page.evaluate(() => dispatchEvent(new Event("afterprint")));
    assert.ok(await page.locator("details:not([open]):not(td details)").count() > 0);
    await page.emulateMedia({ media: "screen" });
  },

  async "the first stop of the Tab key leads past the head"(page) {
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "To the content");
  },

  async "the guest's bytes are shown as what they are"() {
    const { page, close } = await open(browser, file("hostile"));
    const console = await page.locator("#console").textContent();
    assert.ok(console.includes("</script><script>window.hacked=1</script>"));
    assert.ok(console.includes("\\xff") && console.includes("\\xe2\\x80\\xae") && console.includes("für äöü 中文"));
    assert.equal(await page.locator("#console a[href^='javascript']").count(), 0);
    assert.equal(await page.locator("img, script:not(#data)").count(), 1);
    await close();
  },

  async "a failure is explained, a run that was killed is shown as far as it came"() {
    const failed = await open(browser, file("failed"));
    assert.equal(await failed.page.locator(".badge").textContent(), "Failed");
    assert.match(await failed.page.locator("#diagnosis").textContent(), /e2fsck could not make the file system clean\.[^]*in the middle of a repair[^]*fsck-failed[^]*\^Pass 5/);
    await failed.close();
    const killed = await open(browser, file("killed"));
    assert.equal(await killed.page.locator(".badge").textContent(), "Cut off");
    assert.match(await killed.page.locator("main").textContent(), /1 line of events\.jsonl could not be read/);
    await killed.close();
  },

  async "it is seen when a person had the console"() {
    const { page, close } = await open(browser, file("person"));
    assert.equal(await page.locator("#timeline svg .person").count(), 1);
    assert.equal(await page.locator("#timeline svg .asked").count(), 1);
    assert.match(await page.locator("#person").textContent(), /had the console at e2fsck\/check, and sent 17 bytes, from .*was asked before/);
    assert.match(await page.locator("#proof").textContent(), /A person had the console 1 time, at last at e2fsck\/check/);
    await close();
  },

  async "of a long console the beginning and the end are there"() {
    const { page, close } = await open(browser, file("long"));
    assert.match(await page.locator(".left-out").textContent(), /[23]\.\d\sMiB of the console are left out here/);
    assert.match(await page.locator("#transcript > p").textContent(), /2\sMiB are here/);
    await close();
  },
};

async function takeScreenshots(folder) {
  const shots = [["report.png", "light", 1100, 915, null], ["report-nodes.png", "light", 1100, 900, "#nodes"],
                 ["report-phone.png", "dark", 390, 780, null]];
  for (const [name, colorScheme, width, height, part] of shots) {
    const { page, close } = await open(browser, file("good"), { colorScheme, viewport: { width, height } });
    const target = part ? page.locator(part) : page;
    await target.screenshot({ path: path.join(folder, name) });
    await close();
  }
}

let failures = 0;
for (const [name, test] of Object.entries(tests)) {
  const { page, wrong, close } = await open(browser, file("good"));
  try {
    await test(page);
    assert.deepEqual(wrong, []);
    console.log(`ok ${name}`);
  } catch (error) {
    failures++;
    console.log(`FAIL ${name}: ${error.message}`);
  }
  await close();
}
if (screenshots) await takeScreenshots(screenshots);
await browser.close();
process.exit(failures === 0 ? 0 : 1);
