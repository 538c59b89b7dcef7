package smart

// Permissions is a set of the five interactions of SMART 2.
type Permissions uint8

const (
	Create Permissions = 1 << iota // c
	Read                           // r: read, version read, history of one instance
	Update                         // u: update and patch
	Delete                         // d
	Search                         // s: search, history of a type
)

// The permissions of SMART 1.0, which have names of their own.
const (
	readV1  = Read | Search
	writeV1 = Create | Update | Delete
	allV1   = readV1 | writeV1
)

// letters are the permissions in the order in which a scope has to name them,
// which is also that of their bits.
const letters = "cruds"

// Contains reports whether p has every permission of other.
func (p Permissions) Contains(other Permissions) bool { return other&^p == 0 }

// String returns the letters in SMART 2 order.
func (p Permissions) String() string { return permissionNames[p] }

// permissionNames is indexed by Permissions: narrowing writes many.
var permissionNames = func() (names [allV1 + 1]string) {
	for p := range names {
		for i := range len(letters) {
			if p&(1<<i) != 0 {
				names[p] += letters[i : i+1]
			}
		}
	}
	return names
}()

// v1 returns the SMART 1.0 word for exactly these permissions, if there is one.
func (p Permissions) v1() (string, bool) {
	switch p {
	case readV1:
		return "read", true
	case writeV1:
		return "write", true
	case allV1:
		return "*", true
	default:
		return "", false
	}
}

// parsePermissions reads what stands behind the dot of a resource scope.
func parsePermissions(text string) (Permissions, Syntax, error) {
	switch text {
	case "read":
		return readV1, SyntaxV1, nil
	case "write":
		return writeV1, SyntaxV1, nil
	case "*":
		return allV1, SyntaxV1, nil
	case "":
		// SMART's railroad diagram makes each letter optional and so lets all
		// five be missing; its text wants a subset of .cruds. A scope that
		// grants nothing is a mistake of whoever asks for it.
		return 0, NoSyntax, errNoPermissions
	}
	var p Permissions
	next := 0 // the first letter that may still come
	for i := range len(text) {
		for next < len(letters) && letters[next] != text[i] {
			next++
		}
		if next == len(letters) {
			// SMART lets a server ignore or reinterpret such a suffix. Here it
			// is an error: a guess might grant what nobody asked for.
			return 0, NoSyntax, errPermissions
		}
		p |= 1 << next
		next++
	}
	return p, SyntaxV2, nil
}
