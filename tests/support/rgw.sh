#!/usr/bin/env bash
# A real object store for tests: Ceph's RADOS Gateway on one in-memory disk, on this machine's loopback alone.
#   rgw.sh start DIRECTORY PORT [TLS_PORT CERTIFICATE KEY]   returns when it answers; uses PORT to PORT + 2
#   rgw.sh stop DIRECTORY
# DIRECTORY is created, and is the caller's to remove. Access key: AKIATEST, secret: secretsecret.
# Packages: radosgw ceph-mon ceph-osd ceph-common.
set -u
directory=$2

stop() {
  local name process
  for name in rgw osd mon; do
    [ -s "$directory/$name.pid" ] || continue
    process=$(cat "$directory/$name.pid")
    rm -f "$directory/$name.pid"
    kill "$process" 2>/dev/null
    for _ in $(seq 50); do
      kill -0 "$process" 2>/dev/null || continue 2
      sleep 0.1
    done
    kill -9 "$process" 2>/dev/null
  done
}

# Says what was said, and ends.
fail() {
  tail -n 30 "$directory"/log/* >&2
  stop
  exit 1
}

# begin NAME COMMAND...: in the background.
begin() {
  local name=$1
  shift
  "$@" >"$directory/log/$name.out" 2>&1 &
  echo $! >"$directory/$name.pid"
}

if [ "$1" = stop ]; then
  stop
  exit 0
fi
port=$3
tls=
[ $# -lt 6 ] || tls=" ssl_endpoint=127.0.0.1:$4 ssl_certificate=$5 ssl_private_key=$6"
mkdir -p "$directory"/mon "$directory"/osd "$directory"/run "$directory"/log
export CEPH_CONF=$directory/ceph.conf
cat >"$CEPH_CONF" <<CONFIGURATION
[global]
fsid = $(cat /proc/sys/kernel/random/uuid)
mon host = [v2:127.0.0.1:$((port + 1)),v1:127.0.0.1:$((port + 2))]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = none
auth service required = none
auth client required = none
keyring = /dev/null
run dir = $directory/run
admin socket = $directory/run/\$name.asok
pid file =
log file = $directory/log/\$name.log
log to stderr = false
crash dir = $directory/run
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
mon initial members = a
ms bind ipv6 = false
[mon]
mon data = $directory/mon
mon data avail warn = 1
mon data avail crit = 1
paxos propose interval = 0.05
paxos min wait = 0.01
mon cluster log file = $directory/log/cluster.log
[osd]
osd data = $directory/osd
osd objectstore = memstore
memstore device bytes = 1073741824
osd class load list = *
osd class default list = *
[client.rgw]
# The default is secure alone, which needs cephx: it would wait for ever.
ms mon client mode = crc secure
rgw frontends = beast endpoint=127.0.0.1:$port$tls
rgw dns name = localhost
rgw enable usage log = false
rgw enable ops log = false
CONFIGURATION

fsid=$(sed -n 's/^fsid = //p' "$CEPH_CONF")
monmaptool --create --fsid "$fsid" --addv a "[v2:127.0.0.1:$((port + 1)),v1:127.0.0.1:$((port + 2))]" \
  "$directory/monmap" >"$directory/log/setup.out" 2>&1 || fail
ceph-mon --mkfs -i a -c "$CEPH_CONF" --monmap "$directory/monmap" >>"$directory/log/setup.out" 2>&1 || fail
begin mon ceph-mon -f -i a -c "$CEPH_CONF"
disk=$(cat /proc/sys/kernel/random/uuid)
id=$(ceph -c "$CEPH_CONF" --connect-timeout 30 osd new "$disk" 2>>"$directory/log/setup.out") || fail
ceph-osd --mkfs -i "$id" -c "$CEPH_CONF" --osd-uuid "$disk" >>"$directory/log/setup.out" 2>&1 || fail
begin osd ceph-osd -f -i "$id" -c "$CEPH_CONF"
# Before the gateway starts: together they would race for the making of the pools.
radosgw-admin -c "$CEPH_CONF" user create --uid=test --display-name=test --access-key=AKIATEST \
  --secret-key=secretsecret >>"$directory/log/setup.out" 2>&1 || fail
begin rgw radosgw -f -n client.rgw -c "$CEPH_CONF"
for _ in $(seq 600); do
  (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && exit 0
  sleep 0.05
done
fail
