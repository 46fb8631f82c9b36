"use strict";
// Puts the page together. A part that cannot be shown, since the recording is damaged, does not take the others with it.

function attempt(name, make) {
  try {
    return make();
  } catch (error) {
    return part(`broken-${name}`, name, el("p", { class: "card warn" }, `This part of the recording cannot be shown: ${error.message}`));
  }
}

function show() {
  const data = JSON.parse(document.getElementById("data").textContent);
  const r = readRecording(data);
  const lines = attempt("console", () => consoleLines(data));
  const nothing = { processes: [], devices: [], late: [], overtaken: 0, history: [] };
  const mdev = attempt("mdev", () => readNodes(r, lines));
  const known = mdev instanceof Node ? nothing : mdev;
  document.getElementById("top").append(...headOf(r));
  document.getElementById("main").append(...[recordingNotes(r),
    attempt("What went wrong", () => failurePart(r)), attempt("Time line", () => timelinePart(r, lines, known)),
    mdev instanceof Node ? mdev : attempt("Device nodes", () => nodesPart(r, known)), attempt("The disk", () => diskPart(r)),
    attempt("e2fsck and resize2fs", () => wordsPart(r, lines)), attempt("The proof", () => proofPart(r)),
    attempt("Commands", () => commandsPart(r)), attempt("Transcript", () => transcriptPart(r, lines))].filter(Boolean));
  const sections = [...document.querySelectorAll("section.part")];
  const links = sections.map((s) => el("a", { href: `#${s.id}` }, s.dataset.nav));
  document.getElementById("nav").append(el("ul", {}, links.map((a) => el("li", {}, a))));
  document.getElementById("foot").append(`Made by ${text(data.program)} from the recording ${fromBytes(data.folder)}. `,
    "This file is complete: it loads nothing from anywhere.");
  followSections(sections, links);
  followPrinting();
  if (location.hash) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView({ behavior: "instant" });
}

// The bar above says where one is.
function followSections(sections, links) {
  const seen = new Set();
  const observer = new IntersectionObserver((entries) => {
    for (const e of entries) e.isIntersecting ? seen.add(e.target) : seen.delete(e.target);
    const first = sections.findIndex((s) => seen.has(s));
    links.forEach((a, i) => i === first ? a.setAttribute("aria-current", "true") : a.removeAttribute("aria-current"));
  }, { rootMargin: "-20% 0px -60% 0px" });
  for (const s of sections) observer.observe(s);
}

// On paper everything is unfolded, but the lists of states within the table of steps.
function followPrinting() {
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open]):not(td details)")];
    for (const d of folded) d.open = true;
  });
  addEventListener("afterprint", () => {
    for (const d of folded) d.open = false;
  });
}

show();
