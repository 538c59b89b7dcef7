#!/usr/bin/env bash
# readme.sh
#
# Does what README.md tells a newcomer to do: runs the lines of the blocks marked
# sh below the heading "Try it". The line that begins with "go run ./cmd/caddy
# run" starts the gateway, in the background; the others run, in one shell and in
# order, as soon as the first port of this machine that they name can be
# connected to. Fetching the project ("git clone", "cd") is left out: it is here.
#
# A line fails by its exit status, as everywhere in a shell: curl's is only that
# of the reply with --fail or --fail-with-body.
set -euo pipefail
cd "$(dirname "$0")/.."
. .ci/fenced.sh

work=$(mktemp -d)
gateway=
cleanup() {
	if [[ -n $gateway ]] && kill -TERM -- "-$gateway" 2>/dev/null; then
		for _ in {1..100}; do
			kill -0 -- "-$gateway" 2>/dev/null || break
			sleep 0.1
		done
		kill -KILL -- "-$gateway" 2>/dev/null || true
	fi
	rm -rf "$work"
}
trap cleanup EXIT

fenced sh 'Try it' <README.md | tr -d '\f' >"$work/lines"
grep -E '^go run \./cmd/caddy run' "$work/lines" >"$work/gateway.sh" || {
	echo 'README.md: no "go run ./cmd/caddy run …" line below "Try it"' >&2
	exit 1
}
grep -vE '^(go run \./cmd/caddy run|git clone |cd )' "$work/lines" >"$work/client.sh" || true
port=$(grep -oE '(localhost|127\.0\.0\.1):[0-9]+' "$work/client.sh" | sed -n '1s/.*://p') || {
	echo 'README.md: the lines below "Try it" ask no port of this machine' >&2
	exit 1
}

connects() { (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }

if connects; then
	echo "port $port is taken: the gateway could not be told from who is there" >&2
	exit 1
fi
sed 's/^/+ /' "$work/gateway.sh"
# Where Caddy keeps its state is nobody's but this run's; go's own settings,
# which lie beside it, stay where they are.
GOENV=$(go env GOENV)
export GOENV XDG_DATA_HOME=$work/data XDG_CONFIG_HOME=$work/config
# A session of its own, because go run's child does not end with go run.
setsid bash -e "$work/gateway.sh" </dev/null >"$work/log" 2>&1 &
gateway=$!
SECONDS=0
until connects; do
	if ! kill -0 "$gateway" 2>/dev/null || ((SECONDS > 900)); then
		echo "the gateway does not answer on port $port; its log:" >&2
		cat "$work/log" >&2
		exit 1
	fi
	sleep 0.2
done
echo "the gateway answers after $SECONDS s"

sed 's/^/+ /' "$work/client.sh"
if ! bash -eu -o pipefail "$work/client.sh" </dev/null; then
	echo "a line of README.md failed; the gateway's log:" >&2
	cat "$work/log" >&2
	exit 1
fi
