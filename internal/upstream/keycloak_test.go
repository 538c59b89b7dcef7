package upstream

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-smart/smartregistration/internal/registration"
	"github.com/caddy-smart/smartregistration/internal/smart"
)

// proof is what the exchange that a quirk names must show of the server itself.
// has tells whether this version is one that has the quirk.
type proof func(t *testing.T, has bool, all map[string]exchange, e exchange)

var proofs = map[string]proof{
	"unordered_lists": func(t *testing.T, _ bool, _ map[string]exchange, e exchange) {
		asked, _ := document(t, string(e.Request)).Strings("redirect_uris")
		is, _ := document(t, string(e.Body)).Strings("redirect_uris")
		if asked[0] != "https://b.example.org/" || is[0] != "https://a.example.org/" {
			t.Errorf("asked for %q, it answered %q", asked, is)
		}
	},
	"software_statement": func(t *testing.T, _ bool, _ map[string]exchange, e exchange) {
		provesUnknown(t, "software_statement", e)
	},
	"unknown_members": func(t *testing.T, _ bool, all map[string]exchange, e exchange) {
		provesUnknown(t, "client_name#de", e)
		provesUnknown(t, "fhir_versions", all["unknown_field"])
	},
	"client_id_chosen": func(t *testing.T, _ bool, all map[string]exchange, e exchange) {
		for _, e := range []exchange{e, all["client_id_empty"]} {
			if e.Status != 400 || !document(t, string(e.Request)).Has("client_id") {
				t.Errorf("%s was answered %d %s", e.Request, e.Status, e.Body)
			}
		}
	},
	"openid_scope": func(t *testing.T, _ bool, _ map[string]exchange, e exchange) {
		if e.Status != 403 || document(t, string(e.Request)).String("scope") != "openid" ||
			!strings.Contains(string(e.Body), "Not permitted to use specified clientScope") {
			t.Errorf("%s was answered %d %s", e.Request, e.Status, e.Body)
		}
	},
	"scope_by_default": func(t *testing.T, _ bool, _ map[string]exchange, e exchange) {
		if is := document(t, string(e.Body)).String("scope"); !strings.Contains(is, "system/*.rs") || strings.Contains(string(e.Request), "scope") {
			t.Errorf("%s was given %q", e.Request, is)
		}
	},
	"empty_response_types": func(t *testing.T, _ bool, _ map[string]exchange, e exchange) {
		if is, _ := document(t, string(e.Body)).Strings("response_types"); !slices.Contains(is, "code") {
			t.Errorf("asked for %s, it answered %q", e.Request, is)
		}
	},
	"empty_scope":   refusesScope,
	"default_scope": refusesScope,
	"refresh_token_kept": func(t *testing.T, has bool, _ map[string]exchange, e exchange) {
		asked, _ := document(t, string(e.Request)).Strings("grant_types")
		is, _ := document(t, string(e.Body)).Strings("grant_types")
		if !slices.Equal(asked, []string{"authorization_code"}) || slices.Contains(is, "refresh_token") != has {
			t.Errorf("asked for %q, it answered %q", asked, is)
		}
	},
	"kept_by_update": func(t *testing.T, _ bool, all map[string]exchange, e exchange) {
		asked, is, emptied := document(t, string(e.Request)), document(t, string(e.Body)), all["put_emptied"]
		sent, _ := keycloak.Outgoing(asked)
		keycloak.Update(sent, is)
		if !registration.Equal(sent, document(t, string(emptied.Request))) {
			t.Errorf("what leaves everything out is sent on as %s, not as what takes it away", sent.Encode())
		}
		registered, _ := keycloak.Registered(document(t, string(emptied.Body)), asked)
		for _, member := range is.Members() {
			if asked.Has(member.Name) || !keycloakKeeps[member.Name] {
				continue
			}
			now, _ := registered.Get(member.Name)
			byDefault := member.Name == "post_logout_redirect_uris" && sameAs(registered, now, "redirect_uris")
			if empty(member.Value) || !empty(now) && !byDefault {
				t.Errorf("%s was %v where it was left out, and is %v where it was emptied", member.Name, member.Value, now)
			}
		}
	},
	"logout_uris_by_default": func(t *testing.T, _ bool, _ map[string]exchange, e exchange) {
		sent, reply := document(t, string(e.Request)), document(t, string(e.Body))
		if asked, _ := sent.Get("post_logout_redirect_uris"); !registration.Equal(asked, []any{}) || !sameAs(reply, redirects(reply), "post_logout_redirect_uris") {
			t.Errorf("asked for %s, it answered %s", e.Request, e.Body)
		}
		reply.SetStrings("post_logout_redirect_uris", []string{"https://other.example.org/"})
		if members, _ := keycloak.Mismatches(sent, sent, reply); !slices.Contains(members, "post_logout_redirect_uris") {
			t.Errorf("another URI is excused too: %v", members)
		}
	},
	"jwk_use": func(t *testing.T, _ bool, all map[string]exchange, e exchange) {
		taken := all["pkjwt_jwks_use"]
		if e.Status != 400 || taken.Status != 201 {
			t.Errorf("answered %d without use and %d with it", e.Status, taken.Status)
		}
		out, _ := keycloak.Outgoing(document(t, string(e.Request)))
		if !registration.Equal(out, document(t, string(taken.Request))) {
			t.Errorf("what is refused is sent on as %s, not as what is taken", out.Encode())
		}
	},
	"password_by_default": func(t *testing.T, has bool, all map[string]exchange, e exchange) {
		told, _ := document(t, string(all["life_create"].Body)).Strings("grant_types")
		is, _ := document(t, string(e.Body)).Strings("grant_types")
		if slices.Contains(is, "password") != has || slices.Contains(told, "password") {
			t.Errorf("it answered %q and has registered %q", told, is)
		}
	},
	"service_redirects": func(t *testing.T, has bool, _ map[string]exchange, e exchange) {
		sent, reply := document(t, string(e.Request)), document(t, string(e.Body))
		grants, _ := reply.Strings("grant_types")
		if on := slices.Contains(grants, "authorization_code"); on != has || !sent.Has("redirect_uris") {
			t.Errorf("a client that sent %s has the code flow on: %t", e.Request, on)
		}
		if out, fired := keycloak.Outgoing(sent); out.Has("redirect_uris") || !slices.Contains(fired, "service_redirects") {
			t.Errorf("sent on as %s, fired %v", out.Encode(), fired)
		}
		sent.SetStrings("grant_types", []string{"authorization_code", "client_credentials"})
		if out, _ := keycloak.Outgoing(sent); !out.Has("redirect_uris") {
			t.Errorf("an app with users is sent on as %s", out.Encode())
		}
	},
	"service_code_flow": func(t *testing.T, has bool, _ map[string]exchange, e exchange) {
		sent, reply := document(t, string(e.Request)), document(t, string(e.Body))
		out, _ := keycloak.Outgoing(sent)
		members, excused := keycloak.Mismatches(sent, out, reply)
		if slices.Contains(excused, "service_code_flow") != has || len(members) > 0 {
			t.Errorf("%s came out as %s: mismatches %v, excused by %v", e.Request, e.Body, members, excused)
		}
		// What was read, sent back. With a redirect URI it would be a wish for more.
		read := reply.Clone()
		read.SetStrings("redirect_uris", nil)
		asked := read.Clone()
		if fired := keycloak.Incoming(asked, read); slices.Contains(fired, "service_code_flow") != has {
			t.Errorf("an update that repeats %s fired %v", read.Encode(), fired)
		}
		if grants, _ := asked.Strings("grant_types"); !slices.Equal(grants, []string{"client_credentials"}) {
			t.Errorf("an update that repeats %s asks for %v", read.Encode(), grants)
		}
		asked = reply.Clone()
		asked.SetStrings("redirect_uris", []string{"https://app.example.org/cb"})
		if fired := keycloak.Incoming(asked, read); len(fired) > 0 {
			t.Errorf("an update with a redirect URI fired %v", fired)
		}
		reply.SetStrings("grant_types", []string{"authorization_code", "client_credentials", "password"})
		if members, _ := keycloak.Mismatches(sent, out, reply); !slices.Contains(members, "grant_types") {
			t.Errorf("the password grant beside is excused too: %v", members)
		}
	},
	"grants_echo": func(t *testing.T, has bool, all map[string]exchange, e exchange) {
		sent, reply := document(t, string(e.Request)), document(t, string(e.Body))
		told, _ := reply.Strings("grant_types")
		if lies := !slices.Equal(told, []string{"password"}); lies != has {
			t.Errorf("asked for %s, it answered %v", e.Request, told)
		}
		if got := keycloak.ReadBack(sent); got != "grants_echo" {
			t.Errorf("read back because of %q", got)
		}
		if got := keycloak.ReadBack(document(t, string(all["grant:client_credentials"].Request))); got != "" {
			t.Errorf("a service is read back because of %q", got)
		}
	},
	"response_type_none": func(t *testing.T, _ bool, _ map[string]exchange, e exchange) {
		if types, _ := document(t, string(e.Body)).Strings("response_types"); !slices.Equal(types, []string{"code", "none"}) {
			t.Errorf("response types %v", types)
		}
	},
	"missing_echoes": func(t *testing.T, _ bool, _ map[string]exchange, e exchange) {
		sent, reply := document(t, string(e.Request)), document(t, string(e.Body))
		for _, name := range []string{"logo_uri", "policy_uri", "tos_uri"} {
			if !sent.Has(name) || reply.Has(name) || e.Status != 201 {
				t.Errorf("%s: sent %t, returned %t, status %d", name, sent.Has(name), reply.Has(name), e.Status)
			}
		}
	},
	"logout_session_echo": func(t *testing.T, _ bool, _ map[string]exchange, e exchange) {
		const member = "backchannel_logout_session_required"
		sent, reply := document(t, string(e.Request)), document(t, string(e.Body))
		asked, _ := sent.Get(member)
		if said, _ := reply.Get(member); asked != true || said != false || e.Status != 201 {
			t.Errorf("asked for %v, it was answered %d %v", asked, e.Status, said)
		}
		registered, _ := keycloak.Registered(reply, sent)
		if now, _ := registered.Get(member); now != true {
			t.Errorf("answered as %v", now)
		}
	},
	"client_secret_post_echo": func(t *testing.T, has bool, _ map[string]exchange, e exchange) {
		want := map[bool]string{true: "client_secret_basic", false: "client_secret_post"}[has]
		sent, reply := document(t, string(e.Request)), document(t, string(e.Body))
		if is := reply.String("token_endpoint_auth_method"); is != want {
			t.Errorf("client_secret_post is returned as %s, want %s", is, want)
		}
		registered, _ := keycloak.Registered(reply, sent)
		if registered.String("token_endpoint_auth_method") != "client_secret_post" {
			t.Errorf("answered as %s", registered.String("token_endpoint_auth_method"))
		}
	},
	"origin_forbidden": func(t *testing.T, has bool, _ map[string]exchange, e exchange) {
		if (e.Status == 403) != has || e.Status != 403 && e.Status != 201 {
			t.Errorf("answered %d %s", e.Status, e.Body)
		}
	},
	"policy_forbidden": saysNo(403, "insufficient_scope"),
	"prose_error":      saysNo(400, "Unrecognized field"),
	"unknown_client":   saysNo(404, "invalid_request"),
	"no_such_path":     saysNo(404, "HTTP 404 Not Found"),
	"no_challenge": func(t *testing.T, _ bool, _ map[string]exchange, e exchange) {
		if e.Status != 401 || e.reply().Header.Get("WWW-Authenticate") != "" {
			t.Errorf("answered %d %v", e.Status, e.Headers)
		}
	},
	"empty_bearer": func(t *testing.T, has bool, _ map[string]exchange, e exchange) {
		if (e.Status == 500) != has {
			t.Errorf("answered %d %s", e.Status, e.Body)
		}
	},
	"internal_error": saysNo(500, "unknown_error"),
}

func redirects(m *registration.Metadata) any {
	uris, _ := m.Get("redirect_uris")
	return uris
}

// refusesScope: the scope of the request is refused.
func refusesScope(t *testing.T, has bool, _ map[string]exchange, e exchange) {
	t.Helper()
	if (e.Status == 403) != has || e.Status != 403 && e.Status != 201 {
		t.Errorf("answered %d %s", e.Status, e.Body)
	}
}

func provesUnknown(t *testing.T, member string, e exchange) {
	t.Helper()
	sent, reply := document(t, string(e.Request)), document(t, string(e.Body))
	if e.Status != 400 || !strings.Contains(reply.String("error"), `Unrecognized field "`+member+`"`) {
		t.Errorf("%s was answered %d %s", member, e.Status, e.Body)
	}
	if out, _ := keycloak.Outgoing(sent); out.Has(member) || out.Len() != sent.Len()-1 {
		t.Errorf("sent on as %s", out.Encode())
	}
}

// saysNo: the exchange is a refusal of this status, with this in its error.
func saysNo(status int, in string) proof {
	return func(t *testing.T, _ bool, _ map[string]exchange, e exchange) {
		t.Helper()
		if code := document(t, string(e.Body)).String("error"); e.Status != status || !strings.Contains(code, in) {
			t.Errorf("answered %d %s", e.Status, e.Body)
		}
	}
}

// TestKeycloakQuirks: what each quirk names as its evidence proves it, on each
// version that is said to have it and on no other; and what makes up for it fires
// there, is counted by its name, and does so nowhere else.
func TestKeycloakQuirks(t *testing.T) {
	t.Parallel()
	names := make(map[string]bool)
	for _, q := range keycloak.Quirks {
		if names[q.Name] {
			t.Errorf("%s is there twice", q.Name)
		}
		names[q.Name] = true
		does := q.out != nil || q.update != nil || q.in != nil || q.doubts != nil || q.excuses != nil || q.refusal != nil
		if q.Effect == "" || does == (q.Prevented || q.Open) || q.Prevented && q.Open || (q.Evidence == "") != (q.Source != "") {
			t.Errorf("%s: says %q, prevented %t, does something %t, proven by %q %q", q.Name, q.Effect, q.Prevented, does, q.Evidence, q.Source)
		}
		if (proofs[q.Name] == nil) != (q.Evidence == "") {
			t.Errorf("%s has a proof: %t", q.Name, proofs[q.Name] != nil)
		}
	}
	for name := range proofs {
		if !names[name] {
			t.Errorf("a proof for %s, which is no quirk", name)
		}
	}
	for _, version := range keycloakVersions {
		all := recorded(t, version)
		for _, q := range keycloak.Quirks {
			if q.Evidence == "" {
				if q.Versions.Contains(version) {
					t.Errorf("%s needs evidence: %s has it", q.Name, version)
				}
				continue
			}
			e, ok := all[q.Evidence]
			if !ok {
				t.Errorf("%s: %s has no exchange %q", q.Name, version, q.Evidence)
				continue
			}
			t.Run(version+" "+q.Name, func(t *testing.T) {
				t.Parallel()
				has := q.Versions.Contains(version)
				proofs[q.Name](t, has, all, e)
				if fired := replay(keycloak.For(version, nil), e); slices.Contains(fired, q.Name) != (has && !q.Prevented && !q.Open) {
					t.Errorf("%s has it: %t, prevented or open: %t, fired %v", version, has, q.Prevented || q.Open, fired)
				}
			})
		}
	}
}

// replay takes one exchange the whole way and names all that fires.
func replay(d *Dialect, e exchange) []string {
	var fired []string
	decided, err := registration.Decode(e.Request)
	if err == nil {
		var sent *registration.Metadata
		sent, fired = d.Outgoing(decided)
		fired = append(fired, d.ReadBack(decided))
		if registered, err := registration.Decode(e.Body); err == nil && e.Status/100 == 2 {
			if e.operation() == registration.Update {
				fired = append(fired, d.Update(sent.Clone(), registered)...)
			}
			_, excused := d.Mismatches(decided, sent, registered)
			fired = append(fired, excused...)
		}
	}
	if e.Status/100 != 2 {
		_, quirk := d.Refusal(e.operation(), false, e.reply())
		return append(fired, quirk)
	}
	if reply, err := registration.Decode(e.Body); err == nil {
		_, in := d.Registered(reply, decided)
		fired = append(fired, in...)
	}
	return fired
}

// Up to 26.0 the refusal of a member lists the first of those that are known,
// and says how many there are.
func TestKeycloakKnows(t *testing.T) {
	t.Parallel()
	known := maps.Clone(keycloakKnows)
	for _, name := range registration.ServerSet {
		known[name] = true
	}
	quoted := regexp.MustCompile(`"([a-z_]+)"`)
	for _, version := range []string{"24.0.5", "26.0.8"} {
		said := document(t, string(recorded(t, version)["unknown_field"].Body)).String("error")
		_, list, _ := strings.Cut(said, "(55 known properties: ")
		list, _, whole := strings.Cut(list, "[truncated]")
		names := quoted.FindAllStringSubmatch(list, -1)
		if !whole || len(names) < 30 {
			t.Fatalf("%s lists %d members in %s", version, len(names), said)
		}
		for _, name := range names {
			if !known[name[1]] {
				t.Errorf("%s knows %s", version, name[1])
			}
		}
	}
	if len(known) != 55 {
		t.Errorf("%d members, Keycloak has 55", len(known))
	}
	for name := range known {
		if registration.KindOf(name) == 0 {
			t.Errorf("%s has no type, so that it would be left out of an answer", name)
		}
	}
}

func TestKeycloakOutgoing(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, decided, want string
		fired               []string
	}{
		{"nothing to do", `{"client_name":"App","scope":"launch"}`, `{"client_name":"App","scope":"launch"}`, nil},
		{"empty", `{}`, `{}`, nil},
		{
			"unknown members", `{"software_statement":"x","client_name":"App","client_name#de":"Anwendung","client_secret":"s"}`,
			`{"client_name":"App"}`,
			[]string{"software_statement", "unknown_members"},
		},
		{"only unknown members", `{"tls_client_auth_san_dns":"a","tls_client_auth_san_ip":"b"}`, `{}`, []string{"unknown_members"}},
		// No server is sent these: it is no quirk of this one's.
		{"unregistered members", `{"client_name":"App","fhir_versions":["4.0.1"]}`, `{"client_name":"App"}`, nil},
		{"the address of an update", `{"client_id":"a"}`, `{"client_id":"a"}`, nil},
		{"openid first", `{"scope":"openid launch/patient"}`, `{"scope":"launch/patient"}`, []string{"openid_scope"}},
		{"openid last", `{"scope":"launch/patient openid"}`, `{"scope":"launch/patient"}`, []string{"openid_scope"}},
		// Absent would mean every optional scope of the realm.
		{"openid alone", `{"scope":"openid"}`, `{"scope":""}`, []string{"openid_scope"}},
		{"no scope", `{"scope":""}`, `{"scope":""}`, nil},
		{"like openid", `{"scope":"openid2 OpenID"}`, `{"scope":"openid2 OpenID"}`, nil},
		{
			"a key without use", `{"jwks":{"keys":[{"kty":"EC"},{"kty":"RSA","use":"enc"}]}}`,
			`{"jwks":{"keys":[{"kty":"EC","use":"sig"},{"kty":"RSA","use":"enc"}]}}`,
			[]string{"jwk_use"},
		},
		{"keys with use", `{"jwks":{"keys":[{"kty":"EC","use":"sig"}]}}`, `{"jwks":{"keys":[{"kty":"EC","use":"sig"}]}}`, nil},
		{"no keys", `{"jwks":{"keys":[]}}`, `{"jwks":{"keys":[]}}`, nil},
		{"not a key set", `{"jwks":{"keys":"x"}}`, `{"jwks":{"keys":"x"}}`, nil},
		{"no response types", `{"response_types":[],"grant_types":["client_credentials"]}`, `{"grant_types":["client_credentials"]}`, []string{"empty_response_types"}},
		{
			"all at once", `{"software_statement":"x","scope":"openid","jwks":{"keys":[{}]}}`, `{"scope":"","jwks":{"keys":[{"use":"sig"}]}}`,
			[]string{"software_statement", "openid_scope", "jwk_use"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			decided := document(t, test.decided)
			out, fired := keycloak.Outgoing(decided)
			if got := string(out.Encode()); got != test.want {
				t.Errorf("sent %s, want %s", got, test.want)
			}
			if !slices.Equal(fired, test.fired) {
				t.Errorf("fired %v, want %v", fired, test.fired)
			}
			if got := string(decided.Encode()); got != test.decided {
				t.Errorf("the decided document became %s", got)
			}
		})
	}
}

func TestKeycloakRegistered(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, reply, decided, want string // decided is empty on a read
		fired                      []string
	}{
		{"nothing to do", `{"client_id":"a","scope":"launch"}`, `{"scope":"launch"}`, `{"client_id":"a","scope":"launch"}`, nil},
		{
			"what is not the client's business", `{"client_id":"a","internal":{"x":1},"webOrigins":["*"]}`, `{}`,
			`{"client_id":"a"}`, nil,
		},
		{
			"openid comes back where it was", `{"scope":"patient/*.rs launch"}`, `{"scope":"launch openid patient/*.rs"}`,
			`{"scope":"launch openid patient/*.rs"}`,
			[]string{"unordered_lists", "openid_scope"},
		},
		{"openid alone", `{"scope":""}`, `{"scope":"openid"}`, `{"scope":"openid"}`, []string{"openid_scope"}},
		{"openid without a scope in the answer", `{}`, `{"scope":"openid"}`, `{"scope":"openid"}`, []string{"openid_scope"}},
		{"openid was not asked for", `{"scope":"launch"}`, `{"scope":"launch"}`, `{"scope":"launch"}`, nil},
		{"a read knows nothing of openid", `{"scope":"launch"}`, "", `{"scope":"launch"}`, nil},
		{
			"more scopes than were asked for", `{"scope":"user/*.rs launch address"}`, `{"scope":"launch"}`,
			`{"scope":"launch address user/*.rs"}`,
			[]string{"unordered_lists"},
		},
		{
			"none beside code", `{"response_types":["code","none"]}`, `{"response_types":["code"]}`,
			`{"response_types":["code"]}`,
			[]string{"response_type_none"},
		},
		{"none on a read", `{"response_types":["none","code"]}`, "", `{"response_types":["code"]}`, []string{"unordered_lists", "response_type_none"}},
		{"no none", `{"response_types":["id_token"]}`, `{}`, `{"response_types":["id_token"]}`, nil},
		{
			"empty and not asked for", `{"client_id":"a","client_name":"","client_uri":"","jwks":{"keys":[]}}`, `{"client_id":"a"}`,
			`{"client_id":"a"}`,
			[]string{"kept_by_update"},
		},
		{
			"empty on a read", `{"client_name":"","jwks":{"keys":[]},"request_uris":[]}`, "", `{"request_uris":[]}`,
			[]string{"kept_by_update"},
		},
		{
			"stored and not returned", `{"client_id":"a"}`, `{"logo_uri":"l","policy_uri":"p","tos_uri":"t","contacts":["c"],"software_id":"s"}`,
			`{"client_id":"a","logo_uri":"l","policy_uri":"p","tos_uri":"t"}`,
			[]string{"missing_echoes"},
		},
		// A version that returns it is believed.
		{"stored and returned", `{"logo_uri":"other"}`, `{"logo_uri":"l"}`, `{"logo_uri":"other"}`, nil},
		{
			"client_secret_post as basic", `{"token_endpoint_auth_method":"client_secret_basic"}`, `{"token_endpoint_auth_method":"client_secret_post"}`,
			`{"token_endpoint_auth_method":"client_secret_post"}`,
			[]string{"client_secret_post_echo"},
		},
		{
			"another method than decided", `{"token_endpoint_auth_method":"none"}`, `{"token_endpoint_auth_method":"client_secret_post"}`,
			`{"token_endpoint_auth_method":"none"}`, nil,
		},
		{
			"basic where basic was decided", `{"token_endpoint_auth_method":"client_secret_basic"}`, `{"token_endpoint_auth_method":"client_secret_basic"}`,
			`{"token_endpoint_auth_method":"client_secret_basic"}`, nil,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var decided *registration.Metadata
			if test.decided != "" {
				decided = document(t, test.decided)
			}
			registered, fired := keycloak.Registered(document(t, test.reply), decided)
			if got := string(registered.Encode()); got != test.want {
				t.Errorf("registered %s, want %s", got, test.want)
			}
			if !slices.Equal(fired, test.fired) {
				t.Errorf("fired %v, want %v", fired, test.fired)
			}
			if decided != nil && string(decided.Encode()) != test.decided {
				t.Errorf("the decided document became %s", decided.Encode())
			}
		})
	}
}

// An update names what the client has and is to lose, and nothing else.
func TestKeycloakUpdate(t *testing.T) {
	t.Parallel()
	const hidden = `,"logo_uri":"","policy_uri":"","tos_uri":""}`
	for _, test := range []struct{ name, sent, registered, want string }{
		{"nothing to lose", `{"client_name":"App"}`, `{"client_name":"Old","request_uris":[],"dpop_bound_access_tokens":false}`, `{"client_name":"App"` + hidden},
		{"a name", `{"scope":""}`, `{"client_name":"Old"}`, `{"scope":"","client_name":""` + hidden},
		{
			"each kind", `{"a":1}`, `{"client_uri":"u","request_uris":["r"],"dpop_bound_access_tokens":true,"jwks":{"keys":[{"kty":"EC"}]}}`,
			`{"a":1,"client_uri":"","request_uris":[],"dpop_bound_access_tokens":false,"jwks":{"keys":[]}` + hidden,
		},
		{"keys at an address now", `{"jwks_uri":"j"}`, `{"jwks":{"keys":[{"kty":"EC"}]}}`, `{"jwks_uri":"j"` + hidden},
		{"keys here now", `{"jwks":{"keys":[]}}`, `{"jwks_uri":"j"}`, `{"jwks":{"keys":[]}` + hidden},
		{"what it takes away itself", `{"a":1}`, `{"subject_type":"pairwise","backchannel_logout_uri":"b"}`, `{"a":1` + hidden},
		{"a service's redirect URIs", `{"grant_types":["client_credentials"]}`, `{"redirect_uris":["r"]}`, `{"grant_types":["client_credentials"],"redirect_uris":[]` + hidden},
		{"a logo", `{"logo_uri":"l"}`, `{}`, `{"logo_uri":"l","policy_uri":"","tos_uri":""}`},
		{"all there", `{"logo_uri":"l","policy_uri":"p","tos_uri":"t"}`, `{}`, `{"logo_uri":"l","policy_uri":"p","tos_uri":"t"}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			sent := document(t, test.sent)
			fired := keycloak.Update(sent, document(t, test.registered))
			if got := string(sent.Encode()); got != test.want {
				t.Errorf("sent %s, want %s", got, test.want)
			}
			if changed := test.want != test.sent; slices.Contains(fired, "kept_by_update") != changed {
				t.Errorf("fired %v, changed %t", fired, changed)
			}
		})
	}
}

// Every registration that was recorded: what is answered is what was said, but
// for the quirks.
func TestKeycloakRegisteredRecorded(t *testing.T) {
	t.Parallel()
	for _, version := range keycloakVersions {
		seen := 0
		for name, e := range recorded(t, version) {
			reply, err := registration.Decode(e.Body)
			if e.Status/100 != 2 || err != nil || !reply.Has("redirect_uris") || !strings.Contains(e.Path, "openid-connect") {
				continue
			}
			seen++
			decided, err := registration.Decode(e.Request)
			if err != nil {
				decided = nil // a read, or a body that the gateway would not send on
			}
			registered, _ := keycloak.Registered(reply, decided)
			quirky := []string{
				"response_types", "scope", "token_endpoint_auth_method", "logo_uri", "policy_uri", "tos_uri",
				"backchannel_logout_session_required",
			}
			for _, member := range registered.Members() {
				was, _ := reply.Get(member.Name)
				if slices.Contains(quirky, member.Name) {
					continue
				}
				if !registration.Equal(sortedValue(member.Value), sortedValue(was)) {
					t.Errorf("%s %s: %s is %v, the server says %v", version, name, member.Name, member.Value, was)
				}
			}
			for _, member := range reply.Members() {
				if !registered.Has(member.Name) {
					t.Errorf("%s %s: %s is missing", version, name, member.Name)
				}
			}
			if !slices.Equal(sorted(smart.Split(registered.String("scope"))), sorted(smart.Split(reply.String("scope")))) {
				t.Errorf("%s %s: scope %q, the server says %q", version, name, registered.String("scope"), reply.String("scope"))
			}
			if types, _ := registered.Strings("response_types"); slices.Contains(types, "none") {
				t.Errorf("%s %s: response types %v", version, name, types)
			}
		}
		if seen < 60 {
			t.Errorf("%d registrations of %s were looked at", seen, version)
		}
	}
}

func sorted(values []string) []string { return slices.Sorted(slices.Values(values)) }

// sortedValue is an array of strings without its order, anything else as it is.
func sortedValue(v any) any {
	if values, ok := registration.AsStrings(v); ok {
		return registration.FromStrings(sorted(values))
	}
	return v
}
