#!/bin/sh
# What a container runs: entry.sh receive|work|redis|clamd|rspamd|dovecot|signatures. The password of the database, when there is
# one, is in a file (a secret), and reaches the program as part of the URL.
set -eu
here=$(dirname "$(readlink -f "$0")")

secret=${DATABASE_PASSWORD_FILE:-}
if [ -n "$secret" ]; then
  password=$(cat "$secret")
  case $password in
    '' | *[!A-Za-z0-9_-]*) echo "$secret: must hold letters and digits only, such as: openssl rand -hex 24" >&2; exit 1 ;;
  esac
  url="postgresql://geganti:$password@${DATABASE_HOST:-postgres}/geganti"
  export GEGANTI_DATABASE_DIRECTORY="$url" GEGANTI_DATABASE_TRACE="$url"
fi
unset DATABASE_PASSWORD_FILE DATABASE_HOST

case ${1:-} in
  receive) exec geganti serve --roles receive ;;
  work) exec geganti serve --roles work,api ;;
  redis | clamd | rspamd | dovecot) exec node --disable-warning=ExperimentalWarning "$here/part.js" "$1" ;;
  signatures) exec freshclam --daemon --foreground --stdout ;;
  *) echo "entry.sh: receive, work, redis, clamd, rspamd, dovecot or signatures" >&2; exit 2 ;;
esac
