// What browser.mjs asks of a page: no script of the guest's has run, nothing is loaded, everything can be read.

// Opens a page and keeps what must not happen on it.
export async function open(browser, file, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1150, height: 800 }, reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  const wrong = [];
  page.on("console", (message) => wrong.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => wrong.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => wrong.push(`dialog: ${dialog.message()}`));
  page.on("request", (request) => {
    if (request.url() !== `file://${file}`) wrong.push(`request: ${request.url()}`);
  });
  await page.goto(`file://${file}`);
  return { page, wrong, close: () => context.close() };
}

// Elements whose text has too little contrast against what is behind it: at least 4.5 to 1, large text 3 to 1.
export function tooFaint(page) {
  return page.evaluate(() => {
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const over = (colour, under) => {
      canvas.fillStyle = `rgb(${under.join(" ")})`;
      canvas.fillRect(0, 0, 1, 1);
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
      return [...canvas.getImageData(0, 0, 1, 1).data.slice(0, 3)];
    };
    const behind = (node) => {
      const chain = [];
      for (let n = node; n; n = n.parentElement) chain.unshift(getComputedStyle(n).backgroundColor);
      return chain.reduce((under, colour) => over(colour, under), [255, 255, 255]);
    };
    const light = (rgb) => rgb.map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4))
      .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const faint = [];
    for (const node of document.querySelectorAll("body *:not(svg *):not(script):not(style):not(.console .row *)")) {
      const own = [...node.childNodes].some((n) => n.nodeType === 3 && n.data.trim() !== "");
      if (!own || !node.checkVisibility()) continue;
      const style = getComputedStyle(node);
      const ground = behind(node);
      const [a, b] = [light(over(style.color, ground)), light(ground)].sort((x, y) => y - x);
      const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && +style.fontWeight >= 700);
      if ((a + 0.05) / (b + 0.05) < (large ? 3 : 4.5))
        faint.push(`${node.tagName} ${node.className} "${node.textContent.slice(0, 30)}" ${((a + 0.05) / (b + 0.05)).toFixed(2)}`);
    }
    return faint;
  });
}

// What assistive programs and the keyboard need.
export function unreachable(page) {
  return page.evaluate(() => {
    const wrong = [];
    for (const [name, n] of [["header", 1], ["nav", 1], ["main", 1], ["footer", 1], ["h1", 1]])
      if (document.querySelectorAll(`body > ${name}, body > header > ${name}`).length !== n) wrong.push(`not ${n} ${name}`);
    const ids = [...document.querySelectorAll("[id]")].map((n) => n.id);
    for (const id of ids.filter((x, i) => ids.indexOf(x) !== i)) wrong.push(`two of #${id}`);
    for (const a of document.querySelectorAll("a[href^='#']"))
      if (!document.getElementById(a.getAttribute("href").slice(1))) wrong.push(`a link leads nowhere: ${a.getAttribute("href")}`);
    for (const node of document.querySelectorAll("[role='img'], button, input, nav, section"))
      if (!(node.getAttribute("aria-label") || node.getAttribute("aria-labelledby") || node.textContent.trim() || node.labels?.length))
        wrong.push(`without a name: ${node.outerHTML.slice(0, 80)}`);
    if (!document.documentElement.lang || !document.title) wrong.push("no language, or no title");
    return wrong;
  });
}

// Pixels by which the page is wider than the window.
export function tooWide(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
}
