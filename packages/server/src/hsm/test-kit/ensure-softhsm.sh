#!/bin/sh
# Installs SoftHSM 2 where it is missing, on Debian and Ubuntu as root. Test files run at once: one installs, the others wait.
set -eu
[ -e /usr/lib/softhsm/libsofthsm2.so ] && exit 0
[ "$(id -u)" = 0 ] && command -v apt-get > /dev/null || exit 1
exec 9> /tmp/keyhold-ensure-softhsm.lock
flock 9
[ -e /usr/lib/softhsm/libsofthsm2.so ] && exit 0
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update > /dev/null
apt-get -qq install -y --no-install-recommends softhsm2 > /dev/null
