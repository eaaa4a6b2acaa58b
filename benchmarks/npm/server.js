'use strict';

// A central system that accepts every tag and forgets every meter value, served by strong-soap: node server.js WSDL; prints its port.

const crypto = require('crypto');
const fs = require('fs');
const http = require('http');
const {soap} = require('strong-soap');

const server = http.createServer((request, response) => {
  response.statusCode = 404;
  response.end();
});
server.keepAliveTimeout = 600000;

const wsdl = fs.readFileSync(process.argv[2], 'utf8');

const WSA = 'http://www.w3.org/2005/08/addressing';
const ANONYMOUS = WSA + '/anonymous';

const text = value => (value !== null && typeof value === 'object' ? value.$value : value);
const addressing = value => ({attributes: {xmlns: WSA}, $value: value});

let soapServer;
// What this SDK does as well: look who speaks, and answer with the headers that OCPP asks of a reply.
const answer = (action, reply) => (_, __, headers) => {
  if (!text(headers.chargeBoxIdentity)) {
    throw new Error('no chargeBoxIdentity');
  }
  soapServer.clearSoapHeaders();
  soapServer.addSoapHeader({
    Action: addressing(action),
    MessageID: addressing('urn:uuid:' + crypto.randomUUID()),
    RelatesTo: addressing(text(headers.MessageID)),
    To: addressing(ANONYMOUS),
  });
  return reply;
};
const authorize = answer('/AuthorizeResponse', {authorizeResponse: {idTagInfo: {status: 'Accepted'}}});
const meterValues = answer('/MeterValuesResponse', {meterValuesResponse: {}});
const services = {};
const service = /<wsdl:service name="([^"]+)"/.exec(wsdl)[1];
const port = /<wsdl:port name="([^"]+)"/.exec(wsdl)[1];
services[service] = {[port]: {Authorize: authorize, MeterValues: meterValues}};

server.listen(0, '127.0.0.1', () => {
  soapServer = soap.listen(server, '/Ocpp/CentralSystemService', services, wsdl);
  process.stdout.write(server.address().port + '\n');
});
// Ends with the one who started it.
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
