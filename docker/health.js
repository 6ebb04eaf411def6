/**
 * Whether a part answers, for the health checks of the containers: node docker/health.js redis. Exit code 0: it does.
 * What is asked and what is expected, over the socket where the server finds the part.
 */
import { connect } from 'node:net';

const run = `${process.env.GEGANTI_DATA ?? '/var/lib/geganti'}/run`;
const http = (path) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;
const checks = {
  redis: [`${run}/redis/redis.sock`, 'PING\r\n', '+PONG'],
  clamd: [`${run}/clamd/clamd.sock`, 'zPING\0', 'PONG'],
  rspamd: [`${run}/rspamd/rspamd.sock`, http('/ping'), 'pong'],
  dovecot: [`${run}/dovecot/lmtp.sock`, '', '220 '],
  receive: [`${run}/receive.sock`, '', null],
  work: [`${run}/api.sock`, http('/health/live'), '200 OK'],
};

const [path, question, expected] = checks[process.argv[2]] ?? [];
if (path === undefined) {
  console.error(`one of ${Object.keys(checks).join(', ')}`);
  process.exit(2);
}
let said = '';
const socket = connect(path, () => {
  if (expected === null) done(0);
  if (question !== '') socket.write(question);
});
socket.setTimeout(5000, () => done(1));
socket.on('error', () => done(1));
socket.on('close', () => done(1));
socket.on('data', (data) => {
  said += data;
  if (said.includes(expected)) done(0);
});

function done(code) {
  process.exit(code);
}
