// One SOAP peer from npm, as client and as server, led by lines of JSON: a command on stdin, its answer on stdout.
//
// Usage: node peer.js soap|strong-soap
// Commands: {do: "listen", wsdl, path, actions}    starts a server for a WSDL file         -> {port}
//           {do: "reply", operation, message|fault} what its operation answers next         -> {}
//           {do: "seen"}                            what it received last                   -> {operation, message, headers}
//           {do: "call", wsdl, operation, message, headers}  calls from the WSDL at a URL  -> {message, headers, xml}
//                                                                                        or {fault: {root, text, status}}
// The process ends with its stdin, so that it cannot outlive the tests.
"use strict";

const crypto = require("node:crypto");
const fs = require("node:fs");
const http = require("node:http");
const readline = require("node:readline");

const name = process.argv[2];
const strong = name === "strong-soap";
const soap = strong ? require("strong-soap").soap : require("soap");
// node-soap speaks SOAP 1.1 unless told; strong-soap goes by the binding.
const options = strong ? { attributesKey: "attributes" } : { forceSoap12Headers: true };
const WSA = "http://www.w3.org/2005/08/addressing";
const replies = {};
const clients = {};
let seen = null;

function services(wsdl) {
  const handlers = {};
  for (const [, operation] of wsdl.matchAll(/<wsdl:operation name="(\w+)">/g)) {
    handlers[operation] = (message, done, headers) => {
      seen = { operation, message, headers };
      const reply = replies[operation];
      if (reply.fault) {
        done({ Fault: reply.fault });
      } else {
        done(null, reply.message);
      }
    };
  }
  const service = /<wsdl:service name="(\w+)">/.exec(wsdl)[1];
  const port = /<wsdl:port name="(\w+)"/.exec(wsdl)[1];
  return { [service]: { [port]: handlers } };
}

// Only node-soap can write reply headers that depend on the request.
function answerAddressed(server, actions) {
  server.addSoapHeader((operation, message, headers) => {
    const to = headers && headers.MessageID && (headers.MessageID.$value || headers.MessageID);
    const header = (name, text) => `<wsa:${name} xmlns:wsa="${WSA}">${text}</wsa:${name}>`;
    return !to
      ? ""
      : header("Action", actions[operation]) +
          header("MessageID", `urn:uuid:${crypto.randomUUID()}`) +
          header("RelatesTo", to) +
          header("To", `${WSA}/anonymous`);
  });
}

function listen({ wsdl, path, actions }) {
  const xml = fs.readFileSync(wsdl, "utf8");
  const server = http.createServer((request, response) => {
    response.statusCode = 404;
    response.end();
  });
  return new Promise((resolve, reject) => {
    server.listen(0, "127.0.0.1", () => {
      const port = server.address().port;
      const ready = (error) => (error ? reject(error) : resolve({ port }));
      if (strong) {
        soap.listen(server, { path, services: services(xml), xml, uri: wsdl, ...options });
        setImmediate(ready);
      } else {
        const made = soap.listen(server, { path, services: services(xml), xml, uri: wsdl, callback: ready, ...options });
        answerAddressed(made, actions);
      }
    });
  });
}

function client(wsdl) {
  clients[wsdl] ??= new Promise((resolve, reject) => {
    soap.createClient(wsdl, { ...options }, (error, made) => (error ? reject(error) : resolve(made)));
  });
  return clients[wsdl];
}

async function call({ wsdl, operation, message, headers }) {
  const made = await client(wsdl);
  made.clearSoapHeaders();
  for (const header of headers) {
    made.addSoapHeader(header);
  }
  return new Promise((resolve) => {
    made[operation](message, (error, result, xml, soapHeader) => {
      if (!error) {
        resolve({ message: result, headers: soapHeader, xml });
        return;
      }
      const root = error.root || (error.response && error.response.root);
      const status = error.response && (error.response.status || error.response.statusCode);
      resolve({ fault: { text: String(error.message), root, status, body: error.body } });
    });
  });
}

const commands = {
  listen,
  call,
  seen: () => seen,
  reply: ({ operation, message, fault }) => {
    replies[operation] = { message, fault };
    return {};
  },
};

async function obey(line) {
  const command = JSON.parse(line);
  let answer;
  try {
    answer = { answer: await commands[command.do](command) };
  } catch (error) {
    answer = { error: String((error && error.stack) || error) };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}

// One command after the other; what a peer prints by itself must not look like an answer.
console.log = console.error;
let last = Promise.resolve();
readline
  .createInterface({ input: process.stdin })
  .on("line", (line) => (last = last.then(() => obey(line))))
  .on("close", () => process.exit(0));
