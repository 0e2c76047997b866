// Node's own HTTP server, which finds the heads, the content and the order of answers; what is answered is ours.
import { createServer } from "node:http";
import { createReadStream, createWriteStream } from "node:fs";
import { rename, rm, stat } from "node:fs/promises";
import { finished, pipeline } from "node:stream/promises";
import { gzipSync } from "node:zlib";

const [port, directory] = process.argv.slice(2);
const FOR_READING = "GET, HEAD, OPTIONS";
const FOR_FILES = "GET, HEAD, POST, OPTIONS";
const KNOWN = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "TRACE", "OPTIONS"];

function methodsOf(path) {
    if (path === "/" || path === "/user-agent" || path.startsWith("/echo/")) return FOR_READING;
    if (path.startsWith("/files/") || path === "*") return FOR_FILES;
    return undefined;
}

function fileOf(path) {
    const name = path.startsWith("/files/") ? decodeURIComponent(path.slice("/files/".length)) : "";
    const inside = !name.split("/").some((part) => part === "" || part === "..");
    return inside ? `${directory}/${name}` : undefined;
}

function text(request, response, content) {
    const body = Buffer.from(content);
    const gzip = /\bgzip\b(?!;q=0)/.test(request.headers["accept-encoding"] ?? "");
    const sent = gzip ? gzipSync(body) : body;
    const coding = gzip ? { "Content-Encoding": "gzip" } : {};
    response.writeHead(200, { "Content-Type": "text/plain", "Content-Length": sent.length, ...coding }).end(sent);
}

async function send(request, response, path) {
    const information = await stat(path).catch(() => undefined);
    if (!information?.isFile()) return end(response, 404);
    const fields = { "Content-Type": "application/octet-stream", "Content-Length": information.size };
    response.writeHead(200, fields);
    if (request.method === "HEAD") return response.end();
    await pipeline(createReadStream(path), response).catch(() => {});
}

let uploads = 0;

async function store(request, response, path) {
    const part = `${directory}/.upload-${++uploads}`;
    try {
        await pipeline(request, createWriteStream(part));
        await rename(part, path);
        end(response, 201);
    } catch {
        await rm(part, { force: true });
        response.destroy();
    }
}

function end(response, status, fields = {}) {
    const length = status === 204 ? {} : { "Content-Length": 0 };
    response.writeHead(status, { ...length, ...fields }).end();
}

// The answers leave in order, but Node hands out a request as soon as its head is there: one that reads what another
// stores has to wait for it.
const turns = new WeakMap();
const last = new WeakMap();

async function answer(request, response) {
    const before = turns.get(request.socket);
    last.set(request.socket, request);
    const turn = respond(request, response, before);
    turns.set(request.socket, turn);
    await turn;
}

async function respond(request, response, before) {
    await before;
    handle(request, response);
    await finished(response).catch(() => {});
}

function handle(request, response) {
    const { method, url } = request;
    const methods = methodsOf(url);
    const path = fileOf(url);
    if (!(method === "POST" && path)) request.resume();
    if (!KNOWN.includes(method)) return end(response, 501);
    if (!methods) return end(response, 404);
    if (method === "OPTIONS") return end(response, 204, { Allow: methods });
    if (!methods.split(", ").includes(method)) return end(response, 405, { Allow: methods });
    if (url.startsWith("/echo/")) return text(request, response, decodeURIComponent(url.slice("/echo/".length)));
    if (url === "/user-agent") return text(request, response, request.headers["user-agent"] ?? "");
    if (url === "/") return end(response, 200);
    if (!path) return end(response, 404);
    return method === "POST" ? store(request, response, path) : send(request, response, path);
}

const server = createServer({ keepAliveTimeout: 60000 }, answer);
// A client that sends no more waits for its answers.
server.httpAllowHalfOpen = true;

// A client that waits to be told to send its content.
server.on("checkContinue", (request, response) => {
    const takes = request.method === "POST" && fileOf(request.url);
    if (takes) response.writeContinue();
    else response.shouldKeepAlive = false;
    answer(request, response);
});

// Node has a list of methods, and takes any other for a malformed request. What came ahead of it is answered first.
server.on("clientError", async (error, socket) => {
    const request = last.get(socket);
    if (request && !request.complete) return request.destroy(error);
    await turns.get(socket);
    // Not nonsense, only more behind a request with `Connection: close`.
    if (error.code === "HPE_CLOSED_CONNECTION") return;
    if (!socket.writable) return socket.destroy();
    const status = error.code === "HPE_INVALID_METHOD" ? "501 Not Implemented" : "400 Bad Request";
    socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
});

server.listen(port, "127.0.0.1");
