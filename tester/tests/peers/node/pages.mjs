// Templates on Node's own HTTP server: node pages.mjs PORT ROOT
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

const [port, root] = process.argv.slice(2);
const MARK = "<!-- template -->\n";
const HTML = "text/html; charset=utf-8";
const TYPES = { html: HTML, txt: "text/plain; charset=utf-8" };

class Failure extends Error {
  constructor(status, fields = {}) {
    super(`failed with ${status}`);
    Object.assign(this, { status, fields });
  }
}

function escaped(text) {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`).replaceAll("&#38;", "&amp;")
    .replaceAll("&#60;", "&lt;").replaceAll("&#62;", "&gt;");
}

function fill(template, pairs) {
  const filled = template.replace(/\{\{([^{}]*)\}\}|\{\{/g, (_, gap) => {
    const name = /^\s*(\w+)\s*$/.exec(gap ?? "")?.[1];
    if (name === undefined) throw new Failure(500);
    return escaped(pairs.get(name) ?? "");
  });
  return filled;
}

async function content(request) {
  let size = 0;
  const pieces = [];
  for await (const piece of request) {
    size += piece.length;
    if (size > 65536) throw new Failure(413);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}

async function page(request) {
  const url = new URL(request.url, "http://localhost");
  let path = decodeURIComponent(url.pathname);
  if (path.includes("/.")) throw new Failure(404);
  if (path.endsWith("/")) path += "index.html";
  const bytes = await readFile(join(root, path)).catch(() => {
    throw new Failure(404);
  });
  const text = bytes.toString();
  const isTemplate = path.endsWith(".html") && text.startsWith(MARK);
  const methods = isTemplate ? ["GET", "HEAD", "POST"] : ["GET", "HEAD"];
  if (!methods.includes(request.method)) throw new Failure(405, { Allow: methods.join(", ") });
  const type = TYPES[path.split(".").at(-1)] ?? "application/octet-stream";
  if (!isTemplate) return { type, body: bytes };
  const pairs = new URLSearchParams();
  if (request.method === "POST") {
    const [form] = (request.headers["content-type"] ?? "").split(";");
    if (form.trim().toLowerCase() !== "application/x-www-form-urlencoded") throw new Failure(415);
    for (const [name, value] of new URLSearchParams(await content(request))) pairs.append(name, value);
  }
  for (const [name, value] of url.searchParams) pairs.append(name, value);
  return { type, body: fill(text.slice(MARK.length), pairs) };
}

createServer(async (request, response) => {
  try {
    const { type, body } = await page(request);
    response.writeHead(200, { "Content-Type": type, "Content-Length": Buffer.byteLength(body) }).end(body);
  } catch (error) {
    const status = error.status ?? 500;
    if (status === 500) console.error(`${request.url}: ${error.message}`);
    const body = `<!doctype html><title>${status}</title>`;
    response.writeHead(status, { "Content-Type": HTML, ...error.fields }).end(body);
  }
}).listen(Number(port), "127.0.0.1");
