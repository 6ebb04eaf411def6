#!/bin/sh
# Makes a bare Debian 12 with this project, its npm packages included, into the image of all of Geganti's containers: the
# programs and the users. As root; the Dockerfile runs it, and so can anybody in a chroot.
set -eu
cd "$(dirname "$0")/.."
export DEBIAN_FRONTEND=noninteractive

# The Node that we run on is one of the npm packages, and needs this.
apt-get update -q
apt-get install -y -q --no-install-recommends libatomic1
case $(uname -m) in aarch64 | arm64) arch=arm64 ;; *) arch=x64 ;; esac
ln -sf "$PWD/node_modules/node-linux-$arch/bin/node" /usr/local/bin/node
ln -sf "$PWD/bin/geganti" /usr/local/bin/geganti

# Debian's packages and the users, by the same list as everywhere; no service is started.
node bin/setup.js --system
# New virus signatures, and backups of a PostgreSQL database.
apt-get install -y -q --no-install-recommends clamav-freshclam postgresql-client
rm -rf /var/lib/apt/lists/*

geganti help >/dev/null
