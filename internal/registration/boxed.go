package registration

// boxed is a string as a value. Go allocates for every string that becomes one; for
// the values that most documents and tokens have (RFC 7591 section 2, RFC 7515
// section 4.1) that is done once, which saves a registration a dozen allocations.
func boxed(s string) any {
	if len(s) <= longestUsual {
		if v, is := usual[s]; is {
			return v
		}
	}
	return s
}

const longestUsual = len("client_secret_basic")

var usual = boxes(
	"authorization_code", "refresh_token", "client_credentials",
	"code", "none",
	"client_secret_basic", "client_secret_post", "private_key_jwt",
	"web", "native", "public",
	"JWT", "ES256", "ES384", "RS256", "RS384", "EC", "RSA", "sig",
)

func boxes(strings ...string) map[string]any {
	m := make(map[string]any, len(strings))
	for _, s := range strings {
		m[s] = s
	}
	return m
}
