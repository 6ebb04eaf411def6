#!/usr/bin/env node
/**
 * Finds what this machine lacks for Geganti and installs it: Debian packages, npm packages (among them the Node that we
 * run on) and system users. Plain JavaScript for Node 20 with nothing but Node's own modules, since it runs before
 * anything else is there. With everything there it says nothing and takes a fraction of a second.
 *
 * The packages bring services that would start at once, on standard ports; a temporary /usr/sbin/policy-rc.d prevents
 * that, and another temporary file that PostgreSQL makes itself a database. Services that the machine runs already are
 * neither stopped nor changed.
 *
 *   node bin/setup.js            all that Geganti runs on; what needs root is only named when we are not root
 *   node bin/setup.js --tests    also what only its tests need
 *   node bin/setup.js --system   packages and users only
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { arch } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const home = join(dirname(fileURLToPath(import.meta.url)), '..');
const modules = join(home, 'node_modules');
const stampFile = join(modules, '.geganti-lock');
/** Debian's certificate authorities with those that this machine's keeper added; Node knows its own list only. */
const machineAuthorities = '/etc/ssl/certs/ca-certificates.crt';
const policyFile = '/usr/sbin/policy-rc.d';
/** Read when the package of a PostgreSQL server is installed. */
const clusterFile = '/etc/postgresql-common/createcluster.d/geganti.conf';
const policyMark = '# Written by the set-up of Geganti, process';

const neededPackages = [
  'redis-server',
  'clamav-daemon',
  'rspamd',
  'dovecot-core',
  'dovecot-imapd',
  'dovecot-lmtpd',
  'dovecot-sqlite',
  'dovecot-pgsql',
  'openssl',
];
const testPackages = [
  'postgresql',
  'swaks',
  'mutt',
  // What swaks needs: names of protocols, TLS, IPv6; AUTH works without more.
  'netbase',
  'libnet-ssleay-perl',
  'libio-socket-inet6-perl',
];
const forTests = process.argv.includes('--tests');
const debianPackages = forTests ? [...neededPackages, ...testPackages] : neededPackages;
/** geganti: owner of the database, whose group opens the neighbours' sockets; geganti-mail: owner of the mailboxes. */
const systemUsers = ['geganti', 'geganti-mail'];

class SetupError extends Error {}

let interrupted = false;
let running = null;

main().then(
  () => process.exit(interrupted ? 130 : 0),
  (error) => {
    console.error(error instanceof SetupError ? error.message : error);
    process.exit(interrupted ? 130 : 1);
  },
);

async function main() {
  const root = process.getuid() === 0;
  if (root) removeStalePolicy();
  const systemOnly = process.argv.includes('--system');
  const packages = missingPackages();
  const users = root ? missingUsers() : [];
  const npm = !systemOnly && !npmPackagesAreThere();
  if (packages.length === 0 && users.length === 0 && !npm) return;
  if (packages.length > 0 && !root) throw new SetupError(commandForRoot(packages));

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => interrupt(signal));
  if (packages.length > 0) await installPackages(packages);
  for (const user of users) await makeUser(user);
  if (npm) await installNpmPackages();
}

// What is missing

function missingPackages() {
  const format = `-f=\${Package} \${db:Status-Abbrev}\n`;
  const asked = spawnSync('dpkg-query', ['-W', format, ...debianPackages], { encoding: 'utf8' });
  if (asked.error) {
    throw new SetupError(
      `set-up: dpkg-query cannot be run, so this is not Debian; install these yourself: ${debianPackages.join(' ')}`,
    );
  }
  const installed = new Set();
  for (const line of asked.stdout.split('\n')) {
    const [name, status] = line.split(' ');
    if (status?.[1] === 'i') installed.add(name);
  }
  return debianPackages.filter((name) => !installed.has(name));
}

function missingUsers() {
  const names = new Set(
    readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => line.split(':')[0]),
  );
  return systemUsers.filter((name) => !names.has(name));
}

function npmPackagesAreThere() {
  const node = join(modules, `node-linux-${arch()}`, 'bin', 'node');
  if (!existsSync(node)) return false;
  if (readOr(stampFile, '') === lockHash()) return true;
  if (!installedMatchesLock()) return false;
  writeFileSync(stampFile, lockHash());
  return true;
}

/** Whether npm itself, run by hand, has installed just what package-lock.json says. */
function installedMatchesLock() {
  const wanted = JSON.parse(readFileSync(join(home, 'package-lock.json'), 'utf8')).packages;
  const found = JSON.parse(readOr(join(modules, '.package-lock.json'), '{}')).packages ?? {};
  const named = Object.entries(wanted).filter(([path]) => path !== '');
  return (
    named.every(([path, { version, optional }]) =>
      found[path] ? found[path].version === version : optional,
    ) && Object.keys(found).every((path) => wanted[path])
  );
}

function lockHash() {
  return createHash('sha256')
    .update(readFileSync(join(home, 'package-lock.json')))
    .digest('hex');
}

function readOr(file, otherwise) {
  return existsSync(file) ? readFileSync(file, 'utf8') : otherwise;
}

function commandForRoot(packages) {
  const command = `${process.execPath} ${join(home, 'bin', 'setup.js')} --system${forTests ? ' --tests' : ''}`;
  return [
    `set-up: these Debian packages are missing: ${packages.join(' ')}`,
    'Run this as root, then start again (it starts no service of theirs):',
    `  ${command}`,
  ].join('\n');
}

// Installing

async function installPackages(packages) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' };
  // Another apt at work is waited for.
  const quiet = ['-q', '-o', 'DPkg::Lock::Timeout=600', '-o', 'Dpkg::Use-Pty=0'];
  const cure = 'see above; check the network and /etc/apt/sources.list, then run this again';
  await step('reading the list of Debian packages', 'apt-get', ['update', ...quiet], { env, cure });
  await withoutServiceStarts(async () => {
    // Goes on where an earlier run was cut off; otherwise it has nothing to do.
    await step('looking for unfinished packages', 'dpkg', ['--configure', '-a'], { env, cure });
    await step(
      `installing ${packages.length} Debian packages: ${packages.join(', ')}`,
      'apt-get',
      ['install', '-y', '--no-install-recommends', ...quiet, ...packages],
      { env, cure },
    );
  });
  if (existsSync('/run/systemd/system')) {
    say(
      'the services of these packages were not started; Geganti runs its own. To keep them off at the next boot:',
    );
    say(`  systemctl disable redis-server clamav-daemon rspamd dovecot${forTests ? ' postgresql' : ''}`);
  }
}

async function makeUser(name) {
  const args = ['--system', '--user-group', '--no-create-home', '--home-dir', '/nonexistent'];
  args.push('--shell', '/usr/sbin/nologin', name);
  await step(`adding the system user ${name}`, 'useradd', args, { cure: 'see above, then run this again' });
}

async function installNpmPackages() {
  const lock = lockHash();
  const args = ['--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'];
  // npm's own pauses between attempts add up to a quarter of an hour of silence when the network is not there.
  args.push('--fetch-retries=3', '--fetch-retry-mintimeout=500', '--fetch-retry-maxtimeout=5000');
  // Inside "npm run" npm says where it is; its own Node must be the one that started us, not one in node_modules.
  const [command, first] = process.env.npm_execpath
    ? [process.execPath, [process.env.npm_execpath]]
    : ['npm', []];
  const options = {
    env: {
      ...(existsSync(machineAuthorities) && { NODE_EXTRA_CA_CERTS: machineAuthorities }),
      ...process.env,
    },
    cure: 'see above; check the network, then run this again',
  };
  await step('installing npm packages (package-lock.json)', command, [...first, 'ci', ...args], options);
  writeFileSync(stampFile, lock);
}

/**
 * Debian asks policy-rc.d before a package may start or stop a service; 101 means no. One that is there stays. The
 * package of PostgreSQL would besides make a database on port 5432, which starts at the next boot.
 */
async function withoutServiceStarts(work) {
  await otherSetupIsOver();
  const ours = !existsSync(policyFile);
  const remove = () => {
    if (ours) rmSync(policyFile, { force: true });
    removeClusterFile();
  };
  process.once('exit', remove);
  if (ours) {
    writeFileSync(policyFile, `#!/bin/sh\n${policyMark} ${process.pid}; it removes it.\nexit 101\n`, {
      mode: 0o755,
    });
  }
  mkdirSync(dirname(clusterFile), { recursive: true });
  writeFileSync(clusterFile, 'create_main_cluster = false\n');
  try {
    await work();
  } finally {
    remove();
    process.off('exit', remove);
  }
}

/** With the folders that we made for it. */
function removeClusterFile() {
  rmSync(clusterFile, { force: true });
  try {
    rmdirSync(dirname(clusterFile));
    rmdirSync(dirname(dirname(clusterFile)));
  } catch {
    // In use, or not there.
  }
}

async function otherSetupIsOver() {
  for (let said = false; policyOwner() !== null; said = true) {
    if (!said) say(`waiting for another set-up (process ${policyOwner()})`);
    await new Promise((resolve) => setTimeout(resolve, 500));
    removeStalePolicy();
  }
}

/** A set-up that was killed left its files, and with them nothing could start services any more. */
function removeStalePolicy() {
  const owner = policyOwner();
  if (owner === null || existsSync(`/proc/${owner}`)) return;
  rmSync(policyFile, { force: true });
  removeClusterFile();
}

/** The set-up that wrote the file; null: there is none, or it is the machine's own. */
function policyOwner() {
  return new RegExp(`${policyMark} (\\d+)`).exec(readOr(policyFile, ''))?.[1] ?? null;
}

// Running

function say(text) {
  console.log(`set-up: ${text}`);
}

/** Runs a program with its output kept back: shown are what it does, its time, and its output if it fails. */
async function step(what, command, args, { env = process.env, cure }) {
  if (interrupted) throw new SetupError('set-up: interrupted; run it again to go on');
  const begun = Date.now();
  const seconds = () => `${Math.round((Date.now() - begun) / 1000)} s`;
  say(`${what} ...`);
  // On a terminal one sees that it goes on; in a file that would only be noise.
  const ticker = process.stdout.isTTY && setInterval(() => process.stdout.write(`  ${seconds()}\r`), 1000);
  const { code, output } = await run(command, args, env);
  clearInterval(ticker);
  if (interrupted) throw new SetupError('set-up: interrupted; run it again to go on');
  if (code !== 0) {
    throw new SetupError(`${excerpt(output)}\nset-up: ${command} failed (${code}): ${cure}`);
  }
  say(`  done in ${seconds()}`);
}

/** npm says its reason first, apt last. */
function excerpt(output) {
  const lines = output.trimEnd().split('\n');
  return (lines.length <= 30 ? lines : [...lines.slice(0, 10), '...', ...lines.slice(-20)]).join('\n');
}

function run(command, args, env) {
  return new Promise((resolve) => {
    let output = '';
    // In a group of its own: a Ctrl-C must reach apt only through us, and dpkg not at all.
    running = spawn(command, args, { env, cwd: home, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    for (const stream of [running.stdout, running.stderr]) {
      stream.on('data', (data) => {
        output += data;
      });
    }
    running.on('error', (error) => resolve({ code: error.message, output }));
    running.on('close', (code, signal) => resolve({ code: code ?? signal, output }));
  });
}

/** Passed on, and we leave when the program has: apt lets dpkg come to its end first. */
function interrupt(signal) {
  interrupted = true;
  say('stopping as soon as this step allows');
  running?.kill(signal);
}
