# shellcheck shell=bash
# fenced LANGUAGE [HEADING] < markdown
#
# Prints the contents of the fenced code blocks marked with exactly the language
# (all that stands behind the fence), each followed by a line that holds only the
# character \f. With a heading: only blocks below it, up to the next heading of
# its level or above. A fence that is still open at the end is an error.
fenced() {
	awk -v language="$1" -v heading="${2:-}" '
		BEGIN { inside = heading == "" }
		fence == "" && /^ *(```+|~~~+)/ {
			line = $0
			indent = match(line, /[^ ]/) - 1
			line = substr(line, indent + 1)
			match(line, /^(`+|~+)/)
			fence = substr(line, 1, RLENGTH)
			info = substr(line, RLENGTH + 1)
			gsub(/^ +| +$/, "", info)
			wanted = inside && info == language
			next
		}
		fence != "" {
			line = $0
			# A block in a list is indented as its fence is.
			for (i = 0; i < indent && substr(line, 1, 1) == " "; i++) line = substr(line, 2)
			closing = line
			sub(/ *$/, "", closing)
			if (index(closing, fence) == 1 && closing ~ /^(`+|~+)$/) {
				if (wanted) print "\f"
				fence = ""
				next
			}
			if (wanted) print line
			next
		}
		heading != "" && /^#+ / {
			match($0, /^#+/)
			level = RLENGTH
			title = substr($0, level + 1)
			gsub(/^ +| +#* *$/, "", title)
			if (inside && level <= found) inside = 0
			if (title == heading) { inside = 1; found = level }
		}
		END { if (fence != "") { print "a fence is not closed" > "/dev/stderr"; exit 1 } }
	'
}
