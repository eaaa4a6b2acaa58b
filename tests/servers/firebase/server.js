// A Realtime Database for the tests: node server.js PORT JOURNAL
//
// Trees, indexes, queries and hashes are those of Google's own JavaScript SDK, as firebase-server holds them. This file
// is the REST protocol around them, and a journal, written before a request is answered and read at the next start.
"use strict";

const fs = require("fs");
const http = require("http");
const FirebaseServer = require("firebase-server");

const [port, journalPath] = process.argv.slice(2);
const FORBIDDEN_KEY = /[\u0000-\u001f\u007f.$#[\]/]/;
const MAX_KEY_BYTES = 768;
const MAX_TEXT_BYTES = 10 * 1024 * 1024;
const MAX_DEPTH = 32;
const FILTERS = ["startAt", "endAt", "equalTo", "limitToFirst", "limitToLast"];

class Refusal extends Error {
  constructor(status, message, headers = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

const listener = http.createServer();
let database, blank, Leaf, root, journal;
const rules = new Map();
// A switch of this server alone, for the tests of what happens when Google refuses.
const shut = new Set();

function open() {
  database = new FirebaseServer({ server: listener }).app.database();
  // The SDK shows its trees only as part of what it tells about a place.
  blank = snapshotOf(null);
  Leaf = snapshotOf("leaf").constructor;
  root = blank;
  if (fs.existsSync(journalPath)) {
    const lines = fs.readFileSync(journalPath, "utf8").split("\n");
    // What a kill left half written was never answered.
    const whole = lines.slice(0, -1).join("\n");
    for (const line of lines.slice(0, -1)) apply(...JSON.parse(line));
    fs.truncateSync(journalPath, Buffer.byteLength(whole) + (whole ? 1 : 0));
  }
  journal = fs.openSync(journalPath, "a");
}

function snapshotOf(data) {
  let node;
  const place = database.ref("blank");
  place.set(data);
  place.once("value", (snapshot) => (node = snapshot.node_));
  return node;
}

function toNode(data) {
  if (data === null) return blank;
  if (typeof data !== "object") return new Leaf(data);
  return Object.entries(data).reduce((node, [key, child]) => {
    const below = toNode(child);
    return below.isEmpty() ? node : node.updateImmediateChild(key, below);
  }, blank);
}

function checkKey(key) {
  if (!key || FORBIDDEN_KEY.test(key) || Buffer.byteLength(key) > MAX_KEY_BYTES)
    throw new Refusal(400, `Invalid path: Invalid token in path: ${JSON.stringify(key).slice(0, 100)}`);
}

function checkData(data, depth) {
  if (depth > MAX_DEPTH) throw new Refusal(400, "Invalid data; path exceeds 32 levels");
  if (typeof data === "string" && Buffer.byteLength(data) > MAX_TEXT_BYTES)
    throw new Refusal(400, "Invalid data; string is too large");
  if (data === null || typeof data !== "object") return;
  for (const [key, child] of Object.entries(data)) {
    if (!Array.isArray(data)) checkKey(key);
    checkData(child, depth + 1);
  }
}

function apply(namespace, changes, newRules) {
  if (newRules) rules.set(namespace, newRules);
  for (const [path, data] of changes) {
    const place = database.ref(`${namespace}/${path}`).path;
    root = root.updateChild(place, toNode(data));
  }
}

function write(namespace, changes, newRules) {
  const line = Buffer.from(JSON.stringify([namespace, changes, newRules]) + "\n");
  for (let sent = 0; sent < line.length; ) sent += fs.writeSync(journal, line, sent);
  apply(namespace, changes, newRules);
}

const etag = (node) => (node.isEmpty() ? "null_etag" : node.hash());

function parse(text, what) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Refusal(400, what);
  }
}

function indexed(namespace, keys, child) {
  if (!rules.has(namespace) || child.startsWith("$")) return true;
  let rule = rules.get(namespace).rules;
  for (const key of keys) {
    const wildcard = Object.keys(rule || {}).find((name) => name.startsWith("$"));
    rule = rule && (rule[key] || rule[wildcard]);
  }
  return [].concat((rule && rule[".indexOn"]) || []).includes(child);
}

function query(namespace, keys, place, parameters) {
  const child = parse(parameters.get("orderBy"), "orderBy must be a valid JSON encoded path");
  if (!indexed(namespace, keys, child)) {
    const path = "/" + keys.join("/");
    throw new Refusal(400, `Index not defined, add ".indexOn": "${child}", for path "${path}", to the rules`);
  }
  let asked = database.ref(place);
  if (child === "$key") asked = asked.orderByKey();
  else if (child === "$value") asked = asked.orderByValue();
  else asked = asked.orderByChild(child);
  for (const name of FILTERS.filter((filter) => parameters.has(filter))) {
    asked = asked[name](parse(parameters.get(name), `Constraint ${name} must be valid JSON`));
  }
  const settings = asked.queryParams_;
  // Kept in the tree, so that the next writes keep the index as well.
  const node = root.getChild(asked.path);
  const withIndex = node.isLeafNode() ? node : node.withIndex(settings.getIndex());
  if (withIndex !== node) root = root.updateChild(asked.path, withIndex);
  const filter = settings.getNodeFilter();
  return filter.updateFullNode(blank, withIndex, null);
}

// A query answers by key even where a plain read answers with an array.
function keyed(node) {
  if (node.isLeafNode() || node.isEmpty()) return node.val();
  const found = {};
  node.forEachChild(database.ref().orderByKey().queryParams_.getIndex(), (key, child) => {
    found[key] = child.val();
  });
  return found;
}

function read(namespace, keys, place, parameters, headers) {
  if (!parameters.has("orderBy") && FILTERS.some((name) => parameters.has(name)))
    throw new Refusal(400, "orderBy must be defined when other query parameters are defined");
  if (parameters.has("orderBy")) return [200, keyed(query(namespace, keys, place, parameters)), {}];
  const node = root.getChild(database.ref(place).path);
  if (parameters.get("shallow") === "true") {
    if (node.isLeafNode() || node.isEmpty()) return [200, node.val(), {}];
    const found = keyed(node);
    return [200, Object.fromEntries(Object.keys(found).map((key) => [key, true])), {}];
  }
  return [200, node.val(), headers["x-firebase-etag"] === "true" ? { ETag: etag(node) } : {}];
}

function changesOf(method, keys, body) {
  const place = keys.join("/");
  if (method === "DELETE") return [[place, null]];
  const data = parse(body, "Invalid data; couldn't parse JSON object, array, or value.");
  if (method !== "PATCH") {
    checkData(data, keys.length);
    return [[place, data]];
  }
  if (data === null || typeof data !== "object" || Array.isArray(data))
    throw new Refusal(400, "Invalid data; PATCH needs an object");
  const paths = Object.keys(data).map((path) => path.split("/").filter(Boolean));
  paths.forEach((path) => path.forEach(checkKey));
  Object.values(data).forEach((value, number) => checkData(value, keys.length + paths[number].length));
  const sorted = paths.map((path) => path.join("/") + "/").sort();
  if (sorted.some((path, number) => number && path.startsWith(sorted[number - 1])))
    throw new Refusal(400, "Invalid data; a path of the update is an ancestor of another");
  return Object.values(data).map((value, number) => [[...keys, ...paths[number]].join("/"), value]);
}

function answer(method, url, headers, body) {
  if (headers.authorization !== "Bearer owner") throw new Refusal(401, "Unauthorized request.");
  const [, path] = /^(.*)\.json$/.exec(url.pathname) || [];
  if (path === undefined) throw new Refusal(404, "Not Found");
  const parameters = url.searchParams;
  const namespace = parameters.get("ns") || "default";
  const keys = path.split("/").filter(Boolean).map(decodeURIComponent);
  if (keys.join("/") === ".settings/rules" && method === "PUT") {
    write(namespace, [], parse(body, "Invalid rules"));
    return [200, { status: "ok" }, {}];
  }
  if (keys.join("/") === ".settings/shut" && method === "PUT") {
    shut[parse(body) ? "add" : "delete"](namespace);
    return [200, { status: "ok" }, {}];
  }
  if (shut.has(namespace)) throw new Refusal(401, "Permission denied");
  keys.forEach(checkKey);
  const place = [namespace, ...keys].join("/");
  if (method === "GET") return read(namespace, keys, place, parameters, headers);
  const node = root.getChild(database.ref(place).path);
  const expected = headers["if-match"];
  if (expected !== undefined && method === "PATCH") throw new Refusal(400, "ETag conditions are for PUT and DELETE");
  if (expected !== undefined && expected !== etag(node)) return [412, node.val(), { ETag: etag(node) }];
  if (!["PUT", "PATCH", "POST", "DELETE"].includes(method)) throw new Refusal(405, "Method not allowed");
  const name = method === "POST" ? database.ref().push().key : null;
  const changes = changesOf(method, name ? [...keys, name] : keys, body);
  write(namespace, changes);
  if (parameters.get("print") === "silent") return [204, null, {}];
  const after = root.getChild(database.ref(place).path);
  const tag = expected !== undefined || headers["x-firebase-etag"] === "true" ? { ETag: etag(after) } : {};
  return [200, name ? { name } : method === "DELETE" ? null : parse(body), tag];
}

function serve(request, response) {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    let status, content, headers;
    try {
      const url = new URL(request.url, "http://127.0.0.1");
      [status, content, headers] = answer(request.method, url, request.headers, Buffer.concat(parts).toString("utf8"));
    } catch (error) {
      [status, content, headers] = [error.status || 400, { error: error.message.slice(0, 500) }, {}];
    }
    const text = status === 204 || status === 304 ? "" : JSON.stringify(content);
    response.writeHead(status, { "Content-Type": "application/json; charset=utf-8", ...headers });
    response.end(text);
  });
}

listener.keepAliveTimeout = 60000;
listener.listen(Number(port), "127.0.0.1", () => {
  open();
  listener.on("request", serve);
  console.log("READY");
});
