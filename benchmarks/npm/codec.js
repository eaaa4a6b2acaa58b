'use strict';

// Measures strong-soap's parser and serializer: a JSON command a line on stdin, a JSON answer a line on stdout.
//   {"do": "load", "name", "operation", "wsdl", "identity", "to", "xml"}   prepares a message
//   {"do": "encode" | "decode" | "decode typed", "name"}                   does it once and returns the result
//   {"do": "time", "way", "name", "times"}                                 returns the seconds of one time and the share of a core

const fs = require('fs');
const readline = require('readline');
const {soap} = require('strong-soap');

const SOAP = 'http://www.w3.org/2003/05/soap-envelope';
const WSA = 'http://www.w3.org/2005/08/addressing';
const wsdls = new Map();
const ways = new Map();

function openWsdl(path) {
  if (!wsdls.has(path)) {
    wsdls.set(path, new Promise((resolve, reject) => {
      const wsdl = new soap.WSDL(fs.readFileSync(path, 'utf8'), path, {});
      wsdl.load((error) => (error ? reject(error) : resolve(wsdl)));
    }));
  }
  return wsdls.get(path);
}

function inNamespace(namespace, value) {
  return {attributes: {xmlns: namespace}, ...(typeof value === 'object' ? value : {$value: value})};
}

async function load({name, operation: operationName, wsdl: path, identity, to, xml}) {
  const wsdl = await openWsdl(path);
  // The options, the name spaces and the order of steps are those of strong-soap's own client and server.
  const base = new soap.Client(wsdl, to, {});
  const definitions = wsdl.definitions;
  const binding = Object.values(Object.values(definitions.services)[0].ports)[0].binding;
  const operation = binding.operations[operationName];
  const described = operation.describe(definitions);
  const handler = new soap.XMLHandler(definitions.schemas, wsdl.options);
  base.addSoapHeader({
    chargeBoxIdentity: inNamespace(definitions.$targetNamespace, identity),
    ReplyTo: inNamespace(WSA, {Address: WSA + '/anonymous'}),
    Action: inNamespace(WSA, operation.input.$Action || '/' + operationName),
    MessageID: inNamespace(WSA, 'urn:uuid:5d6e7f80-91a2-4b3c-8d4e-5f60718293a4'),
    To: inNamespace(WSA, to),
  });

  const untyped = () => handler.xmlToJson(null, xml);
  const typed = () => handler.xmlToJson(base.createNamespaceContext('soap', SOAP), xml, described.inputEnvelope);
  const value = typed().Body;
  const encode = () => {
    const context = base.createNamespaceContext('soap', SOAP);
    const envelope = soap.XMLHandler.createSOAPEnvelope('soap', SOAP);
    base.addSoapHeadersToEnvelope(envelope.header, handler);
    handler.jsonToXml(envelope.body, context, described.input.body, value);
    return envelope.doc.end({pretty: false});
  };
  ways.set(name, {encode, decode: untyped, 'decode typed': typed});
  return null;
}

function time({way, name, times}) {
  const run = ways.get(name)[way];
  const before = process.cpuUsage();
  const start = process.hrtime.bigint();
  for (let i = 0; i < times; i++) run();
  const elapsed = Number(process.hrtime.bigint() - start) / 1e9;
  const {user, system} = process.cpuUsage(before);
  return [elapsed / times, (user + system) / 1e6 / elapsed];
}

async function answer(command) {
  switch (command.do) {
    case 'load': return load(command);
    case 'time': return time(command);
    default: return ways.get(command.name)[command.do]();
  }
}

(async () => {
  for await (const line of readline.createInterface({input: process.stdin})) {
    let reply;
    try {
      reply = {result: await answer(JSON.parse(line))};
    } catch (error) {
      reply = {error: String(error.stack || error)};
    }
    process.stdout.write(JSON.stringify(reply) + '\n');
  }
})();
