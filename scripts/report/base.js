"use strict";
// What all parts of the page use. Nothing here reads HTML from text: the guest's bytes become text nodes only.

// An element: attributes, listeners (on: {...}), and children, which are elements or texts.
function el(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

// The same in an SVG.
function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on")
      for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    else if (value !== undefined && value !== null && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(9).filter((child) => child !== undefined && child !== null && child !== false));
  return node;
}

// A number of any origin.
function number(value, otherwise = 0) {
  return typeof value === "number" && Number.isFinite(value) ? value : otherwise;
}

// A text of any origin; what is none is "".
function text(value) {
  return typeof value === "string" ? value : typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}

function list(value) {
  return Array.isArray(value) ? value : [];
}

function object(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value) ? value : {};
}

function clamp(value, least, most) {
  return Math.min(Math.max(value, least), most);
}

// Bytes that stand in a text as one character each, as UTF-8; what is none stays one character a byte.
function fromBytes(bytes) {
  const raw = Uint8Array.from(text(bytes), (c) => c.charCodeAt(0) & 255);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(raw);
  } catch {
    return text(bytes);
  }
}

function seconds(value, digits = 1) {
  const s = number(value);
  if (s >= 3600) return `${Math.floor(s / 3600)}\u00a0h\u00a0${Math.floor((s % 3600) / 60)}\u00a0min`;
  if (s >= 600) return `${Math.floor(s / 60)}\u00a0min\u00a0${Math.floor(s % 60)}\u00a0s`;
  return `${s.toFixed(s > 0 && s < 0.1 && digits < 3 ? 2 : digits)}\u00a0s`;
}

function bytes(value) {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let n = number(value);
  let unit = 0;
  for (; n >= 1024 && unit + 1 < units.length; unit++) n /= 1024;
  return `${Number.isInteger(n) ? n : (Math.floor(n * 10) / 10).toFixed(1)}\u00a0${units[unit]}`;
}

function count(n, one, many = `${one}s`) {
  return `${n} ${n === 1 ? one : many}`;
}

// A section of the page, with its place in the bar above.
function part(id, title, ...children) {
  const section = el("section", { class: "part", id, "aria-labelledby": `${id}-title` }, el("h2", { id: `${id}-title` }, title),
                     ...children);
  section.dataset.nav = title;
  return section;
}

// A table; columns: {name, number}; rows: cells, the first of which heads its row.
function table(caption, columns, rows, attributes = {}) {
  const heads = columns.map((c) => el("th", { scope: "col", class: c.number ? "number" : null }, c.name));
  const body = rows.map((cells) =>
    el("tr", {}, cells.map((cell, i) => {
      const known = cell !== null && typeof cell === "object" && !(cell instanceof Node);
      const shown = known ? cell.show : cell;
      const kind = known && cell.class ? cell.class : columns[i].number ? "number" : null;
      return i === 0 ? el("th", { scope: "row", class: kind }, shown)
                     : el("td", { class: kind, "data-name": columns[i].name }, shown);
    })));
  return el("div", { class: "scroll" }, el("table", attributes, caption ? el("caption", {}, caption) : null,
            el("thead", {}, el("tr", {}, heads)), el("tbody", {}, body)));
}

function facts(rows) {
  const shown = rows.filter(([, value]) => value !== undefined && value !== null && value !== "");
  return el("dl", { class: "facts" }, shown.map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
}
