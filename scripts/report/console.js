"use strict";
// The guest's bytes as lines: escape sequences taken out (their colours kept), CRs and LFs made one line's end, each byte's
// offset known, and what is no UTF-8 shown as \xNN.

// Lines of the recording's pieces: {at, end, runs: [{text, style}], text, kernel}; a gap between pieces is {gap: bytes, at}.
function consoleLines(data) {
  const lines = [];
  let end = 0;
  for (const piece of list(data.console)) {
    const at = number(object(piece).at);
    if (at > end) lines.push({ gap: at - end, at: end, end: at, text: "", runs: [] });
    const raw = text(object(piece).bytes);
    readLines(lines, raw, at);
    end = at + raw.length;
  }
  return lines;
}

function readLines(lines, raw, base) {
  const size = raw.length;
  let line = null;
  let style = "";
  let i = 0;
  const begin = (at) => (line ??= { at: base + at, end: base + at, runs: [], text: "" });
  const add = (at, shown, kind) => {
    begin(at);
    const last = line.runs.at(-1);
    if (last && last.style === kind) last.text += shown;
    else line.runs.push({ text: shown, style: kind });
    line.text += shown;
  };
  const finish = (at) => {
    begin(at);
    line.end = base + at;
    line.kernel = /^(?:<\d>)?\[ *\d+\.\d{6}\] /.test(line.text);
    lines.push(line);
    line = null;
  };
  while (i < size) {
    const c = raw.charCodeAt(i) & 255;
    if (c === 27) {
      const n = escapeLength(raw, i);
      style = styleAfter(style, raw.slice(i, i + n));
      i += n;
    } else if (c === 13 || c === 10) {
      let n = i;
      while (n < size && raw.charCodeAt(n) === 13) n++;
      if (n < size && raw.charCodeAt(n) === 10) n++;
      // A CR at a line's beginning moves nothing.
      if (raw.charCodeAt(n - 1) === 10 || line) finish(n);
      i = n;
    } else if (c < 32 || c === 127) {
      if (c === 9) add(i, "\t", style);
      i++;
    } else {
      const n = utf8Length(raw, i);
      if (n > 0) add(i, n === 1 ? raw[i] : fromBytes(raw.slice(i, i + n)), style);
      else add(i, `\\x${c.toString(16).padStart(2, "0")}`, `${style} odd`.trim());
      i += Math.max(n, 1);
    }
  }
  if (line) finish(size);
}

// CSI, OSC and the like, two-byte ones, and one that is cut off at the end.
function escapeLength(raw, i) {
  const found = /^\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]{0,4096}(?:\x07|\x1b\\)|[PX^_][^\x1b]{0,4096}\x1b\\|[ -/]+[0-~]|[0-~])/
    .exec(raw.slice(i, i + 4200));
  return found ? found[0].length : 1;
}

// Only bold and the eight colours are kept.
function styleAfter(style, sequence) {
  const found = /^\x1b\[([\d;]*)m$/.exec(sequence);
  if (!found) return style;
  let bold = style.includes("bold");
  let colour = /sgr-\d/.exec(style)?.[0] ?? "";
  for (const code of found[1].split(";").map(Number)) {
    if (code === 0) [bold, colour] = [false, ""];
    else if (code === 1) bold = true;
    else if (code === 22) bold = false;
    else if (code === 39) colour = "";
    else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) colour = `sgr-${code % 10}`;
  }
  return `${bold ? "bold" : ""} ${colour}`.trim();
}

// Bytes of the printable character at i, 0 if they are no UTF-8, or a character that could hide or turn others round.
function utf8Length(raw, i) {
  const c = raw.charCodeAt(i) & 255;
  if (c < 128) return 1;
  const n = c >= 0xf0 && c <= 0xf4 ? 4 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xc2 && c < 0xe0 ? 2 : 0;
  if (n === 0 || i + n > raw.length) return 0;
  const shown = fromBytes(raw.slice(i, i + n));
  return [...shown].length !== 1 || /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/u.test(shown) ? 0 : n;
}

// The plain text of the console from one byte to another, kernel lines left out.
function consoleText(lines, from, to) {
  return lines.filter((l) => !l.gap && !l.kernel && l.at >= from && l.at < to).map((l) => l.text);
}
