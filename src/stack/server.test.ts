import { expect, test } from 'vitest';
import { defaultSettings } from '../../test/support/settings.ts';
import { serverSpecs } from './server.ts';

const server = { command: '/usr/bin/node', args: ['main.ts', 'serve', '--config', '/etc/g.yaml'], cwd: '/' };

function specs(processes: number) {
  const settings = { ...defaultSettings(), data: '/srv/mail' };
  return serverSpecs({
    settings: { ...settings, stack: { ...settings.stack, processes } },
    server,
    env: { A: 'b' },
  });
}

test.each([
  [1, ['geganti'], [[]]],
  [
    2,
    ['receive', 'work'],
    [
      ['--roles', 'receive'],
      ['--roles', 'work,api'],
    ],
  ],
])('%i processes: which, and their roles', (processes, names, roles) => {
  expect(specs(processes).map(({ name }) => name)).toEqual(names);
  expect(specs(processes).map(({ args }) => args.slice(server.args.length))).toEqual(roles);
});

test('each is told of the copied certificate, whatever the environment said', () => {
  for (const { env } of specs(2)) {
    expect(env).toEqual({
      A: 'b',
      GEGANTI_CERTIFICATE_CERT: '/srv/mail/run/certificate/cert.pem',
      GEGANTI_CERTIFICATE_KEY: '/srv/mail/run/certificate/key.pem',
    });
  }
});
