#!/usr/bin/env bash
# caddyfiles.sh CADDY
#
# Formats, adapts and validates every Caddyfile that the project shows to
# somebody: Caddyfile.example, testdata/caddyfiles/*.caddyfile, and each block
# marked caddyfile in README.md and docs/*.md. Such a block is a whole Caddyfile;
# one marked "caddyfile smart_registration" or "caddyfile smart_discovery" is lines
# of that directive's block, and is given what a whole Caddyfile needs beside them.
set -euo pipefail
shopt -s nullglob
cd "$(dirname "$0")/.."
. .ci/fenced.sh

caddy=$1
blocks=$(mktemp -d)
trap 'rm -rf "$blocks"' EXIT

# validate writes where Caddy keeps its state; that is nobody's but this run's.
export XDG_DATA_HOME=$blocks/data XDG_CONFIG_HOME=$blocks/config

# complete makes a Caddyfile of a directive's lines: a site, and of the lines
# that the directive needs those that are not there.
complete() {
	local directive=$1 lines=$2 required needs
	case $directive in
	smart_registration)
		needs=('upstream localhost:8180'
			'upstream_path /realms/fhir/clients-registrations/openid-connect'
			$'initial_access_token {\n\tpassthrough\n}')
		;;
	smart_discovery) needs=('registration_endpoint https://auth.example.org/register') ;;
	esac
	for required in "${needs[@]}"; do
		[[ $'\n'$lines == *$'\n'"${required%% *} "* ]] || lines+=$required$'\n'
	done
	printf ':8080 {\n\t%s {\n' "$directive"
	sed 's/^./\t\t&/' <<<"${lines%$'\n'}"
	printf '\t}\n}\n'
}

files=(Caddyfile.example testdata/caddyfiles/*.caddyfile)
for document in README.md docs/*.md; do
	number=0
	for language in caddyfile 'caddyfile smart_registration' 'caddyfile smart_discovery'; do
		fenced "$language" <"$document" >"$blocks/all"
		while IFS= read -r -d $'\f' block; do
			number=$((number + 1))
			file=$blocks/$(basename "$document").$number.caddyfile
			block=${block#$'\n'} # the separator's line end begins the next block
			if [[ $language == caddyfile ]]; then
				printf '%s' "$block" >"$file"
			else
				complete "${language#caddyfile }" "$block" >"$file"
			fi
			files+=("$file")
		done <"$blocks/all"
	done
done

failed=0
for file in "${files[@]}"; do
	name=${file#"$blocks"/}
	if output=$(
		"$caddy" fmt --diff "$file" 2>&1 &&
			"$caddy" adapt --adapter caddyfile --config "$file" 2>&1 &&
			"$caddy" validate --adapter caddyfile --config "$file" 2>&1
	); then
		printf 'valid    %s\n' "$name"
	else
		failed=$((failed + 1))
		printf 'INVALID  %s\n%s\n' "$name" "$output"
	fi
done
printf 'Caddyfiles: %d, invalid: %d\n' "${#files[@]}" "$failed"
((failed == 0))
