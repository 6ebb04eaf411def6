/** What Prometheus is told, and whether the dashboard asks for what is there. */
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { MessageId } from '../../src/mail/message-id.ts';
import { waitFor } from '../support/wait-for.ts';
import { call } from './api-call.ts';
import {
  envelope,
  healthyStatus,
  ID,
  keptMessage,
  NOW,
  recordPath,
  SITI,
  type SmallServer,
  startSmallServer,
} from './api-stand-ins.ts';

const DASHBOARD = new URL('../../docker/grafana-dashboard.json', import.meta.url);

async function metricsOf(server: SmallServer): Promise<string> {
  const { status, text } = await call(server.path, 'GET', '/metrics');
  expect(status).toBe(200);
  return text;
}

/** The metrics when `line` is among them. */
function metricsWith(server: SmallServer, line: string): Promise<string> {
  return waitFor(line, async () => {
    const text = await metricsOf(server);
    return text.split('\n').includes(line) ? text : undefined;
  });
}

function recordEverything(server: SmallServer): void {
  const { trace } = server;
  recordPath(trace);
  const client = { address: '10.0.0.5', helo: 'laptop', tls: null };
  const refusal = { kind: 'refused', id: null, door: 'mx', client, login: null, sender: null } as const;
  const recipients = [SITI];
  trace.record({ ...refusal, recipient: null, command: 'RCPT', reply: '550 5.1.1 No such user' });
  trace.record({ ...refusal, recipient: null, command: 'DATA', reply: '451 4.3.0 later' });
  trace.record({ ...refusal, recipient: null, command: 'DATA', reply: 'nonsense' });
  trace.record({ kind: 'login-failed', id: null, door: 'submission', client, name: 'root' });
  trace.record({
    kind: 'deferred',
    id: ID,
    stage: 'scan',
    recipients,
    attempt: 1,
    nextTryAt: NOW,
    reason: 'x',
  });
  trace.record({ kind: 'quarantined', id: ID, recipient: SITI, reason: 'spam' });
  trace.record({ kind: 'discarded', id: ID, recipient: SITI, rule: 'no-backscatter', reply: '' });
  trace.record({ kind: 'queue-act', id: ID, act: 'retry', by: 'operator' });
  trace.record({ kind: 'released', id: ID, recipients, child: ID, by: 'operator' });
  trace.record({ kind: 'purged', id: ID, recipients, by: null });
}

const COUNTED = [
  'geganti_messages_accepted_total{door="submission"} 1',
  'geganti_messages_accepted_total{door="internal"} 1',
  'geganti_messages_accepted_total{door="mx"} 0',
  'geganti_refusals_total{door="mx",class="5xx",reply="550 5.1.1"} 1',
  'geganti_refusals_total{door="mx",class="4xx",reply="451 4.3.0"} 1',
  'geganti_refusals_total{door="mx",class="other",reply="other"} 1',
  'geganti_logins_failed_total{door="submission"} 1',
  'geganti_messages_scanned_total{verdict="clean"} 1',
  'geganti_deferrals_total{stage="scan"} 1',
  'geganti_deferrals_total{stage="deliver"} 0',
  'geganti_recipients_delivered_total{folder="INBOX"} 1',
  'geganti_recipients_bounced_total 1',
  'geganti_recipients_quarantined_total{reason="spam"} 1',
  'geganti_recipients_discarded_total{rule="no-backscatter"} 1',
  'geganti_scan_duration_seconds_bucket{le="0.05"} 1',
  'geganti_scan_duration_seconds_sum 0.04',
  'geganti_delivery_delay_seconds_bucket{le="0.1"} 0',
  'geganti_delivery_delay_seconds_bucket{le="0.25"} 1',
  'geganti_message_size_bytes_sum 40960',
];

test('events are counted as they come, by kind and by what may be counted, and never by whom they are about', async () => {
  await using server = await startSmallServer();
  await metricsWith(server, 'geganti_messages_accepted_total{door="mx"} 0');
  recordEverything(server);
  const text = await metricsWith(server, 'geganti_recipients_discarded_total{rule="no-backscatter"} 1');
  for (const line of COUNTED) expect(text.split('\n')).toContain(line);
  expect(text).not.toContain('moh.example');
  expect(text).not.toContain(ID);
  expect(text).not.toContain('10.0.0.5');
});

test('a message that is found again after a crash is not counted twice', async () => {
  await using server = await startSmallServer();
  const { door, client, login, sender, sizeBytes, messageIdHeader, parent } = envelope(ID);
  const facts = { door, client, login, sender, sizeBytes, messageIdHeader, parent, recipients: [] };
  server.trace.record({ kind: 'accepted', id: ID, ...facts, recovered: true });
  server.trace.record({ kind: 'accepted', id: ID, ...facts, recovered: false });
  await metricsWith(server, 'geganti_messages_accepted_total{door="submission"} 1');
});

const MEASURED = [
  'geganti_build_info{version="0.1.0"} 1',
  'geganti_part_up{part="redis"} 1',
  'geganti_smtp_connections 3',
  'geganti_queue_messages{state="held"} 4',
  'geganti_queue_available 1',
  'geganti_spool_free_ratio 0.25',
  'geganti_spool_full 0',
  'geganti_quarantine_messages 1',
  `geganti_signatures_timestamp_seconds ${(NOW - 93_600_000) / 1000}`,
  'geganti_log_behind_bytes 0',
  'geganti_process_resident_memory_bytes{role="receive"} 120000000',
  'geganti_process_resident_memory_bytes{role="work,api"} 360000000',
  'geganti_process_cpu_seconds_total{role="work,api"} 80',
  'geganti_process_event_loop_delay_seconds{role="work,api"} 0.009',
  'geganti_events_lost_total{role="receive"} 0',
];

test('gauges are those of the moment, several processes of the same roles are one series', async () => {
  await using server = await startSmallServer();
  server.kept.push(keptMessage(ID));
  const { processes } = server.status;
  const [, worker] = processes;
  if (!worker) throw new Error('there is a worker');
  server.status.processes = [...processes, { ...worker, pid: 413, loopDelayMs: 9 }];
  server.status.queue = { available: true, waiting: 0, running: 0, deferred: 0, held: 4 };
  server.status.spool = { messages: 0, segments: 1, parked: 0, freePercent: 25, full: false };
  const text = await metricsOf(server);
  for (const line of MEASURED) expect(text.split('\n')).toContain(line);
});

test('what is not known while the receiver is away is left out, and comes back with it', async () => {
  await using server = await startSmallServer();
  const { spool, queue, connections } = healthyStatus();
  Object.assign(server.status, { spool: null, queue: null, connections: null });
  const away = await metricsOf(server);
  for (const name of ['geganti_spool_messages', 'geganti_queue_messages', 'geganti_smtp_connections']) {
    expect(away).not.toContain(name);
  }
  expect(away).toContain('geganti_part_up');
  Object.assign(server.status, { spool, queue, connections });
  expect(await metricsOf(server)).toContain('geganti_spool_messages 0');
});

test('the quarantine is not read at each question', async () => {
  await using server = await startSmallServer();
  await metricsOf(server);
  server.kept.push(keptMessage('m1kfq3x8z0a7c2d4e9' as MessageId));
  expect(await metricsOf(server)).toContain('geganti_quarantine_messages 0');
});

test('names and help follow the customs of Prometheus', async () => {
  await using server = await startSmallServer();
  const types = [...(await metricsOf(server)).matchAll(/^# TYPE (\w+) (\w+)$/gm)];
  expect(new Set(types.map(([, name]) => name)).size).toBe(types.length);
  for (const [, name = '', type] of types) {
    expect(name).toMatch(/^geganti_[a-z_]+$/);
    expect(name.endsWith('_total'), name).toBe(type === 'counter');
    if (type === 'histogram') expect(name).toMatch(/_(seconds|bytes)$/);
  }
});

test('the dashboard asks only for metrics that are there', async () => {
  await using server = await startSmallServer();
  recordEverything(server);
  const text = await metricsWith(server, 'geganti_recipients_discarded_total{rule="no-backscatter"} 1');
  const there = new Set(Array.from(text.matchAll(/^(geganti_\w+)/gm), ([, name]) => name));
  const dashboard = JSON.parse(await readFile(DASHBOARD, 'utf8'));
  const panels: { id: number; targets?: { expr: string }[] }[] = dashboard.panels;
  const asked = panels.flatMap(({ targets = [] }) =>
    targets.flatMap(({ expr }) => expr.match(/geganti_\w+/g) ?? []),
  );
  expect(asked.length).toBeGreaterThan(30);
  expect(asked.filter((name) => !there.has(name))).toEqual([]);
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
});
