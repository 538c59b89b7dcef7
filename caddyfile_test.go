package smartregistration_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2/caddyconfig"
	_ "github.com/caddyserver/caddy/v2/modules/standard"

	_ "github.com/caddy-smart/smartregistration"
)

var update = flag.Bool("update", false, "write the adapt goldens anew")

const separator = "----------\n"

// TestAdapt compares testdata/adapt/*.caddyfiletest: a Caddyfile, a line of
// dashes, and the JSON that it stands for.
func TestAdapt(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/adapt/*.caddyfiletest")
	if err != nil || len(files) == 0 {
		t.Fatalf("no goldens: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			input, want, _ := strings.Cut(string(content), separator)
			got, warnings, err := adapt(input)
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range warnings {
				t.Errorf("warning: %s", w)
			}
			if *update {
				if err := os.WriteFile(file, []byte(input+separator+got+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if strings.TrimSpace(want) != got {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func adapt(input string) (string, []caddyconfig.Warning, error) {
	adapted, warnings, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(input), map[string]any{"filename": "Caddyfile"})
	if err != nil {
		return "", warnings, err
	}
	var pretty bytes.Buffer
	err = json.Indent(&pretty, adapted, "", "\t")
	return pretty.String(), warnings, err
}

// The smallest block, for errors to be put into: line 3 is the first one free.
const shortest = `:80 {
	smart_registration {
LINES
		upstream 127.0.0.1:8081
		upstream_path /realms/r/clients-registrations/openid-connect
		initial_access_token {
			passthrough
		}
	}
}
`

// TestAdaptErrors: whatever is wrong in a Caddyfile is said with its place.
func TestAdaptErrors(t *testing.T) {
	t.Parallel()
	jwt := "\t\tinitial_access_token {\n\t\t\tjwt {\n"
	for name, test := range map[string]struct{ input, want string }{
		"argument on the directive":   {":80 {\n\tsmart_registration /x y {\n\t}\n}", "wrong argument count"},
		"unknown":                     {"paht /register", `unrecognized subdirective "paht", at Caddyfile:3`},
		"twice":                       {"path /a\n\t\tpath /b", "path is written twice, at Caddyfile:4"},
		"path without argument":       {"path", "path takes exactly one argument, at Caddyfile:3"},
		"path with two":               {"path /a /b", "path takes exactly one argument, at Caddyfile:3"},
		"path with a block":           {"path /a {\n\t\tx\n\t\t}", "path does not take a block, at Caddyfile:4"},
		"path without slash":          {"path register", `path "register" must begin with a slash`},
		"path with a slash behind":    {"path /register/", `must begin with a slash and have no empty segment`},
		"path encoded":                {"path /re%2Fgister", "has characters that a path here may not have"},
		"upstream twice":              {"upstream 127.0.0.1:1", "upstream is written twice, at Caddyfile:4"},
		"upstream_path twice":         {"upstream_path /x", "upstream_path is written twice, at Caddyfile:5"},
		"upstream_host with path":     {"upstream_host a.example/x", `upstream_host "a.example/x" must be a host`},
		"upstream_host with no port":  {"upstream_host a.example:99999", `upstream_host "a.example:99999" must be a host, with a port or without`},
		"upstream_host port alone":    {"upstream_host :8080", `must be a host`},
		"public_url with dots":        {"public_url https://a.example/a/../b", `public_url "https://a.example/a/../b" has dot segments`},
		"public_url with more dots":   {"public_url https://a.example/a/%2e%2e/b", "has dot segments"},
		"public_url with a user":      {"public_url https://user:S3CRETPW@a.example", "public_url: must be an http or https URL without user or fragment"},
		"public_url with a fragment":  {"public_url https://a.example/#", "public_url: must be an http or https URL without user or fragment"},
		"public_url with no port":     {"public_url https://a.example:99999", "public_url: not an absolute http or https URL"},
		"public_url no URL":           {"public_url auth.example.org", "public_url"},
		"public_url with query":       {"public_url https://a.example?x", "has a query"},
		"dialect unknown":             {"dialect okta", `dialect is "okta", must be one of: keycloak generic`},
		"dialect with too much":       {"dialect keycloak 26 0", "dialect needs keycloak, with a version or without, or generic, at Caddyfile:3"},
		"dialect without argument":    {"dialect", "dialect needs keycloak, with a version or without, or generic, at Caddyfile:3"},
		"dialect with a block":        {"dialect keycloak {\n\t\tx\n\t\t}", "dialect does not take a block, at Caddyfile:4"},
		"version no number":           {"dialect keycloak latest", `dialect: version "latest" must be a number`},
		"version of generic":          {"dialect generic 26.0", "dialect generic has no versions"},
		"management unknown":          {"management some", `management is "some", must be one of: off read full`},
		"widening unknown":            {"widening never", `widening is "never", must be one of: refuse allow admission`},
		"widening without a portal":   {"widening admission", "widening admission needs a jwt in initial_access_token"},
		"read_only unknown":           {"read_only loosely", `read_only is "loosely", must be one of: equal strict`},
		"on_mismatch unknown":         {"reconcile {\n\t\t\ton_mismatch ignore\n\t\t}", `reconcile: on_mismatch is "ignore", must be one of: correct warn reject`},
		"read_back unknown":           {"reconcile {\n\t\t\tread_back sometimes\n\t\t}", `reconcile: read_back is "sometimes"`},
		"security member unknown":     {"reconcile {\n\t\t\tsecurity_members client_secret\n\t\t}", `reconcile: security_members: "client_secret" is not client metadata`},
		"reconcile nothing":           {"reconcile", "reconcile needs a block with something in it, at Caddyfile:3"},
		"reconcile unknown":           {"reconcile {\n\t\t\tx\n\t\t}", `unrecognized subdirective "x" of reconcile, at Caddyfile:4`},
		"cors nothing":                {"cors", "cors needs at least one argument, at Caddyfile:3"},
		"cors twice":                  {"cors https://a.example\n\t\tmax_body 1KB\n\t\tcors https://b.example/", `cors is written twice, at Caddyfile:5`},
		"cors with a slash":           {"path /a\n\t\tcors https://b.example/", `cors: origin "https://b.example/" must end after host and port: an origin has no path, query or fragment, at Caddyfile:4`},
		"cors without scheme":         {"cors portal.example.org", `cors: origin "portal.example.org" must begin with https:// or http://, at Caddyfile:3`},
		"cors null":                   {"cors null", `must begin with https:// or http://, at Caddyfile:3`},
		"cors any and another":        {"cors * https://a.example", `cors: * stands alone: it is every origin, at Caddyfile:3`},
		"explain unknown":             {"explain much", `explain is "much", must be one of: full brief none`},
		"status unknown":              {"success_status 204", "success_status is 204, must be 201 or 200"},
		"status no number":            {"success_status ok", `success_status "ok" is not a number, at Caddyfile:3`},
		"max_body no size":            {"max_body lots", `max_body "lots" is not a size: write one such as 64KiB, at Caddyfile:3`},
		"max_body nothing":            {"max_body 0", "must be between 1 byte and 1 GiB, at Caddyfile:3"},
		"timeout no duration":         {"timeout soon", `"soon" is not a duration, at Caddyfile:3`},
		"timeout nothing":             {"timeout 0s", "must be more than nothing, at Caddyfile:3"},
		"allow_grants nothing":        {"allow_grants", "allow_grants needs at least one argument, at Caddyfile:3"},
		"built_in on":                 {"built_in on x", "built_in needs: off <rules...>, at Caddyfile:3"},
		"built_in off nothing":        {"built_in off", "needs at least one argument"},
		"scopes with argument":        {"scopes a", "wrong argument count"},
		"scopes empty":                {"scopes", "scopes needs a block"},
		"scopes unknown":              {"scopes {\n\t\t\tdenied x\n\t\t}", `unrecognized subdirective "denied" of scopes, at Caddyfile:4`},
		"scopes twice":                {"scopes {\n\t\t\tallow a\n\t\t\tallow b\n\t\t}", "allow is written twice, at Caddyfile:5"},
		"profile without a name":      {"profile {\n\t\t\tpreset public\n\t\t}", "profile takes exactly one argument, its name, at Caddyfile:3"},
		"profile twice":               {"profile a {\n\t\t\tpreset public\n\t\t}\n\t\tprofile a", "profile a is written twice, at Caddyfile:6"},
		"profile unknown":             {"profile a {\n\t\t\tallow x\n\t\t}", `unrecognized subdirective "allow" of profile, at Caddyfile:4`},
		"profile setting twice":       {"profile a {\n\t\t\tpreset public\n\t\t\tpreset public\n\t\t}", "preset is written twice, at Caddyfile:5"},
		"profile no preset":           {"profile a {\n\t\t\tpreset gold\n\t\t}", `there is no preset "gold"`},
		"profile with a file":         {"profile a {\n\t\t\tpolicy a.json\n\t\t}", "policy takes no argument here: a file has the profiles in it, at Caddyfile:4"},
		"profile never chosen":        {"profile a\n\t\tprofile b", "profile b is never chosen"},
		"profile against the policy":  {"policy {\n\t\t\tclient_name one_of A\n\t\t}\n\t\tprofile a {\n\t\t\tpolicy {\n\t\t\t\tclient_name one_of B\n\t\t\t}\n\t\t}", `policy, profile a: member "client_name": one_of: no value is allowed by both`},
		"match unknown":               {"profile a {\n\t\t\tmatch {\n\t\t\t\tscope x\n\t\t\t}\n\t\t}", `unrecognized subdirective "scope" of match: class, metadata or token, at Caddyfile:5`},
		"match without a block":       {"profile a {\n\t\t\tmatch\n\t\t\tpreset public\n\t\t}", "match needs a block with something in it, at Caddyfile:4"},
		"match empty":                 {"profile patient {\n\t\t\tmatch {\n\t\t\t}\n\t\t}", "match needs a block with something in it, at Caddyfile:5"},
		"match class twice":           {"profile a {\n\t\t\tmatch {\n\t\t\t\tclass patient\n\t\t\t\tclass patient\n\t\t\t}\n\t\t}", "class is written twice, at Caddyfile:6"},
		"match no class":              {"profile a {\n\t\t\tmatch {\n\t\t\t\tclass doctor\n\t\t\t}\n\t\t}", `class is "doctor", must be one of: patient provider backend`},
		"match metadata alone":        {"profile a {\n\t\t\tmatch {\n\t\t\t\tmetadata\n\t\t\t}\n\t\t}", "metadata needs a member and an operator, at Caddyfile:5"},
		"match metadata no operator":  {"profile a {\n\t\t\tmatch {\n\t\t\t\tmetadata contacts is\n\t\t\t}\n\t\t}", "there is no such operator"},
		"match token alone":           {"profile a {\n\t\t\tmatch {\n\t\t\t\ttoken\n\t\t\t}\n\t\t}", "token needs: kind <kinds...>, issuer <issuers...>, or claim <name> <values...>, at Caddyfile:5"},
		"match token unknown":         {"profile a {\n\t\t\tmatch {\n\t\t\t\ttoken subject x\n\t\t\t}\n\t\t}", `unrecognized condition "subject" of token: kind, issuer or claim, at Caddyfile:5`},
		"match token twice":           {"profile a {\n\t\t\tmatch {\n\t\t\t\ttoken kind jwt\n\t\t\t\ttoken kind open\n\t\t\t}\n\t\t}", "token kind is written twice, at Caddyfile:6"},
		"match claim alone":           {"profile a {\n\t\t\tmatch {\n\t\t\t\ttoken claim tier\n\t\t\t}\n\t\t}", "claim needs a name and at least one value, at Caddyfile:5"},
		"match no kind":               {"profile a {\n\t\t\tmatch {\n\t\t\t\ttoken kind jwk\n\t\t\t}\n\t\t}", `token: kind is "jwk", must be one of: jwt passthrough open`},
		"scopes no preset":            {"scopes {\n\t\t\tpreset us_core\n\t\t}", `there is no preset "us_core" (presets: us_core_patient, us_core_provider, us_core_backend, minimal)`},
		"scopes deny nothing":         {"scopes {\n\t\t\tdeny\n\t\t}", "deny needs at least one argument, at Caddyfile:4"},
		"scopes unknown_types":        {"scopes {\n\t\t\tunknown_types perhaps\n\t\t}", `unknown_types is "perhaps", must be accept, warn or refuse`},
		"offered empty":               {"offered", "offered needs a block"},
		"offered unknown":             {"offered {\n\t\t\tfrm x\n\t\t}", `unrecognized subdirective "frm" of offered, at Caddyfile:4`},
		"offered nothing":             {"offered {\n\t\t\tunknown send\n\t\t}", "offered: exactly one of from and list is needed"},
		"offered both":                {"offered {\n\t\t\tfrom https://a.example\n\t\t\tlist openid\n\t\t}", "offered: exactly one of from and list is needed"},
		"offered no URL":              {"offered {\n\t\t\tfrom keycloak\n\t\t}", "offered: from: not an absolute http or https URL"},
		"offered list refreshed":      {"offered {\n\t\t\tlist openid\n\t\t\trefresh 1m\n\t\t}", "offered: refresh is for from"},
		"offered ever again":          {"offered {\n\t\t\tfrom https://a.example\n\t\t\trefresh 10ms\n\t\t}", "offered: refresh is 10ms, must be 1s or more"},
		"offered what becomes of it":  {"offered {\n\t\t\tlist openid\n\t\t\tunknown drop\n\t\t}", `unknown is "drop", must be one of: strip reject send`},
		"offered expand to none":      {"offered {\n\t\t\tlist openid\n\t\t\texpand 0\n\t\t}", `expand "0" must be a number of scopes, 1 or more, at Caddyfile:5`},
		"offered expand to two":       {"offered {\n\t\t\tlist openid\n\t\t\texpand 1 2\n\t\t}", "wrong argument count"},
		"shadow empty":                {"shadow", "shadow needs a file or a block with something in it"},
		"shadow unknown":              {"shadow {\n\t\t\texplain none\n\t\t}", `unrecognized subdirective "explain" of shadow: policy, scopes or profile, at Caddyfile:4`},
		"shadow twice":                {"shadow {\n\t\t\tscopes {\n\t\t\t\tallow a\n\t\t\t}\n\t\t\tscopes {\n\t\t\t\tallow a\n\t\t\t}\n\t\t}", "scopes is written twice, at Caddyfile:7"},
		"shadow's file inside":        {"shadow {\n\t\t\tpolicy a.json\n\t\t}", "a file for shadow is written behind shadow itself, at Caddyfile:4"},
		"shadow that cannot be":       {"shadow {\n\t\t\tprofile a\n\t\t\tprofile b\n\t\t}", "profile b is never chosen: profile a before it takes all of its apps, at Caddyfile:5"},
		"policy in a file and here":   {"policy a.json\n\t\tscopes {\n\t\t\tallow openid\n\t\t}", "policy: the file has all of it: operators, rules, scopes and profiles"},
		"policy in two files":         {"policy a.json b.json", "policy takes exactly one argument, at Caddyfile:3"},
		"policy empty":                {"policy {\n\t\t}", "policy needs a block"},
		"policy no operator":          {"policy {\n\t\t\tcontacts\n\t\t}", "contacts needs an operator, at Caddyfile:4"},
		"policy unknown operator":     {"policy {\n\t\t\tcontacts needed\n\t\t}", `at Caddyfile:4`},
		"policy operator twice":       {"policy {\n\t\t\tcontacts essential\n\t\t\tcontacts essential\n\t\t}", "contacts essential is written twice, at Caddyfile:5"},
		"policy that cannot be":       {"policy {\n\t\t\tclient_name value A\n\t\t\tclient_name one_of B C\n\t\t}", "at Caddyfile:5"},
		"policy essential perhaps":    {"policy {\n\t\t\tcontacts essential perhaps\n\t\t}", "takes nothing, true or false"},
		"policy default two":          {"policy {\n\t\t\tclient_name default A B\n\t\t}", "takes exactly one value"},
		"policy bool":                 {"policy {\n\t\t\trequire_auth_time value maybe\n\t\t}", "takes true or false"},
		"policy number":               {"policy {\n\t\t\tdefault_max_age value soon\n\t\t}", "takes a whole number"},
		"policy count of two":         {"policy {\n\t\t\tcontacts max_count 1 2\n\t\t}", "contacts\": max_count: takes exactly one value, at Caddyfile:4"},
		"policy count no number":      {"policy {\n\t\t\tcontacts min_count some\n\t\t}", "takes a whole number, at Caddyfile:4"},
		"policy count with a plus":    {"policy {\n\t\t\tcontacts min_count +1\n\t\t}", "takes a whole number, at Caddyfile:4"},
		"policy count below nothing":  {"policy {\n\t\t\tcontacts min_count -1\n\t\t}", "the operator's value is a whole number, 0 or more, at Caddyfile:4"},
		"policy port no number":       {"policy {\n\t\t\tredirect_uris ports 443 https\n\t\t}", "takes a whole number, at Caddyfile:4"},
		"policy ports none":           {"policy {\n\t\t\tredirect_uris ports\n\t\t}", "an array of numbers from 1 to 65535"},
		"policy loopback nothing":     {"policy {\n\t\t\tredirect_uris loopback\n\t\t}", "takes exactly one value, at Caddyfile:4"},
		"policy loopback perhaps":     {"policy {\n\t\t\tredirect_uris loopback perhaps\n\t\t}", "the operator's value is allow or deny, at Caddyfile:4"},
		"policy key_ids perhaps":      {"policy {\n\t\t\tjwks key_ids perhaps\n\t\t}", "required or optional, at Caddyfile:4"},
		"policy hosts of a name":      {"policy {\n\t\t\trequire_auth_time hosts a.example\n\t\t}", "which the member cannot be, at Caddyfile:4"},
		"policy host with a scheme":   {"policy {\n\t\t\tclient_uri hosts https://a.example\n\t\t}", "is not a host"},
		"policy pattern unreadable":   {"policy {\n\t\t\tsoftware_id pattern (\n\t\t}", "is no RE2 expression"},
		"tokens twice":                {"initial_access_token {\n\t\t\topen\n\t\t}", "initial_access_token is written twice, at Caddyfile:8"},
		"credential for nothing":      {"upstream_credential bearer t", "upstream_credential is never used with passthrough alone"},
		"credential unknown":          {"upstream_credential basic", `unrecognized credential "basic"`},
		"credential nothing":          {"upstream_credential", "wrong argument count"},
		"credential bearer nothing":   {"upstream_credential bearer", "bearer takes exactly one argument"},
		"credential setting unknown":  {"upstream_credential client_credentials {\n\t\t\tuser x\n\t\t}", `unrecognized subdirective "user" of client_credentials, at Caddyfile:4`},
		"no upstream":                 {":80 {\n\tsmart_registration {\n\t\tupstream_path /x\n\t}\n}", "upstream is required"},
		"upstream without address":    {":80 {\n\tsmart_registration {\n\t\tupstream\n\t}\n}", "upstream: at least one address is needed, at Caddyfile:3"},
		"upstream with a bad block":   {":80 {\n\tsmart_registration {\n\t\tupstream 127.0.0.1:1 {\n\t\t\tnonsense\n\t\t}\n\t}\n}", "unrecognized subdirective nonsense, at Caddyfile:4"},
		"no upstream_path, no tokens": {":80 {\n\tsmart_registration {\n\t\tupstream 127.0.0.1:1\n\t}\n}", "upstream_path is required"},
		"no tokens":                   {":80 {\n\tsmart_registration {\n\t\tupstream 127.0.0.1:1\n\t}\n}", "initial_access_token is required"},
		"no dialect":                  {":80 {\n\tsmart_registration {\n\t\tupstream 127.0.0.1:1\n\t\tupstream_path /reg\n\t}\n}", "dialect is required"},
		"token kind unknown":          {only("\t\tinitial_access_token {\n\t\t\tmagic\n\t\t}\n"), `unrecognized kind of token "magic": passthrough, jwt or open, at Caddyfile:6`},
		"tokens empty":                {only("\t\tinitial_access_token {\n\t\t}\n"), "initial_access_token needs a block"},
		"open with argument":          {only("\t\tinitial_access_token {\n\t\t\topen wide\n\t\t}\n"), "open takes no argument, at Caddyfile:6"},
		"open without credential":     {only("\t\tinitial_access_token {\n\t\t\topen\n\t\t}\n"), "upstream_credential is required with open"},
		"passthrough twice":           {only("\t\tinitial_access_token {\n\t\t\tpassthrough a\n\t\t\tpassthrough b\n\t\t}\n"), "passthrough is written twice, at Caddyfile:7"},
		"passthrough two issuers":     {only("\t\tinitial_access_token {\n\t\t\tpassthrough a b\n\t\t}\n"), "wrong argument count"},
		"passthrough unknown":         {only("\t\tinitial_access_token {\n\t\t\tpassthrough {\n\t\t\t\tsecret x\n\t\t\t}\n\t\t}\n"), `unrecognized subdirective "secret" of passthrough, at Caddyfile:7`},
		"jwt with argument":           {only("\t\tinitial_access_token {\n\t\t\tjwt x\n\t\t}\n"), "wrong argument count"},
		"jwt unknown":                 {only(jwt + "\t\t\t\tissuers a\n\t\t\t}\n\t\t}\n"), `unrecognized subdirective "issuers" of jwt, at Caddyfile:7`},
		"jwt twice":                   {only(jwt + "\t\t\t\tissuer a\n\t\t\t\tissuer b\n\t\t\t}\n\t\t}\n"), "issuer is written twice, at Caddyfile:8"},
		"jwt claim without value":     {only(jwt + "\t\t\t\tclaims a\n\t\t\t}\n\t\t}\n"), "claims needs a name and at least one value, at Caddyfile:7"},
		"jwt claim twice":             {only(jwt + "\t\t\t\tclaims a b\n\t\t\t\tclaims a c\n\t\t\t}\n\t\t}\n"), `claim "a" is written twice, at Caddyfile:8`},
		"jwt limit alone":             {only(jwt + "\t\t\t\tlimits scope\n\t\t\t}\n\t\t}\n"), "limits needs a limit and the name of a claim, or off, at Caddyfile:7"},
		"jwt limit twice":             {only(jwt + "\t\t\t\tlimits scope a\n\t\t\t\tlimits scope b\n\t\t\t}\n\t\t}\n"), `limit "scope" is written twice, at Caddyfile:8`},
		"jwt limit unknown":           {only(jwt + "\t\t\t\tlimits contacts a\n\t\t\t}\n\t\t}\n"), `limits is "contacts", must be one of: metadata_policy scope redirect_uris software_id client_name, at Caddyfile:7`},
		"jwt expiry":                  {only(jwt + "\t\t\t\tsecret \"" + portalSecret + "\"\n\t\t\t\texpiry never\n\t\t\t}\n\t\t}\n"), `expiry is "never"`},
		"jwt without keys":            {only(jwt + "\t\t\t\tissuer a\n\t\t\t}\n\t\t}\n"), "exactly one of jwks and secret is needed"},
		"jwt with both":               {only(jwt + "\t\t\t\tjwks a\n\t\t\t\tsecret \"" + portalSecret + "\"\n\t\t\t}\n\t\t}\n"), "exactly one of jwks and secret is needed"},
		"jwt without issuer":          {only(jwt + "\t\t\t\tjwks a\n\t\t\t}\n\t\t}\n"), "issuer is required with jwks"},
		"jwt without audience":        {only(jwt + "\t\t\t\tjwks a\n\t\t\t}\n\t\t}\n"), "audience is required with jwks"},
		"jwt of all, then another":    {only(jwt + "\t\t\t\tsecret \"" + portalSecret + "\"\n\t\t\t}\n\t\t\tjwt {\n\t\t\t\tissuer b\n\t\t\t\tsecret \"" + portalSecret + "\"\n\t\t\t}\n\t\t}\n"), "a jwt without issuer decides about every JWT, and the jwt behind it is never reached: write issuer, or put it last"},
		"jwt of all, then passed on":  {only(jwt + "\t\t\t\tsecret \"" + portalSecret + "\"\n\t\t\t}\n\t\t\topen\n\t\t\tpassthrough b\n\t\t}\n"), "and the passthrough behind it is never reached"},
		"jwt twice of an issuer":      {only(jwt + "\t\t\t\tissuer a\n\t\t\t\tsecret \"" + portalSecret + "\"\n\t\t\t}\n\t\t\tjwt {\n\t\t\t\tissuer a\n\t\t\t\tsecret \"" + portalSecret + "\"\n\t\t\t}\n\t\t}\n"), `the jwt of issuer "a" decides about all of its tokens, and the jwt of the same issuer behind it is never reached`},
		"jwt behind any token":        {only("\t\tdialect generic\n\t\tinitial_access_token {\n\t\t\tpassthrough\n\t\t\tjwt {\n\t\t\t\tsecret \"" + portalSecret + "\"\n\t\t\t}\n\t\t}\n"), "passthrough takes every token with the dialect generic, and the jwt behind it is never reached: put it last"},
		"jwt without credential":      {only(jwt + "\t\t\t\tsecret \"" + portalSecret + "\"\n\t\t\t}\n\t\t}\n"), "upstream_credential is required with jwt"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			input := test.input
			if !strings.HasPrefix(input, ":80") {
				input = strings.Replace(shortest, "LINES", "\t\t"+test.input, 1)
			}
			_, _, err := adapt(input)
			if err == nil {
				t.Fatalf("no error for\n%s", input)
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %q\nwant something with %q", err, test.want)
			}
			if !strings.Contains(err.Error(), "Caddyfile:") {
				t.Errorf("%q does not say where", err)
			}
			if strings.Contains(err.Error(), "S3CRETPW") {
				t.Errorf("%q tells the password", err)
			}
		})
	}
}

// TestAdaptErrorLines: the line that is named is the one to change, which here
// ends in a comment.
func TestAdaptErrorLines(t *testing.T) {
	t.Parallel()
	const credential = "upstream_credential bearer t\n"
	for want, lines := range map[string]string{
		"management is":              "path /a\nmanagement some #\nmax_body 1KiB\n",
		"widening is":                "widening never #\n",
		"read_only is":               "read_only loosely #\n",
		"explain is":                 "explain all #\n",
		"public_url":                 "public_url a.example #\n",
		"cors: origin":               "path /a\ncors https://b.example/ #\n",
		"no built-in rule":           "built_in off redirect_uri_localhost nonsense #\nmax_body 1KiB\n",
		"dialect is":                 "dialect okta #\n",
		"success_status is":          "success_status 202 #\n",
		"on_mismatch is":             "reconcile {\nread_back never\non_mismatch ignore #\n}\n",
		"not client metadata":        "reconcile {\nsecurity_members nope #\nread_back never\n}\n",
		"from: not an absolute":      "offered {\nunknown strip\nfrom keycloak #\n}\n",
		"one of from and list":       "offered { #\nunknown strip\n}\n",
		"excess is":                  "scopes {\nallow openid\nexcess drop #\ninject always\n}\n",
		"preset \"us_core\"":         "scopes {\npreset us_core #\n}\n",
		"not a scope token":          "scopes {\nallow \"openid fhirUser\" #\nexcess strip\n}\n",
		"default scope":              "max_body 1KiB\nscopes { #\nallow openid\ndefault fhirUser\n}\n",
		"there is no preset":         "profile a {\npreset gold #\nmatch {\nclass patient\n}\n}\n",
		"class is":                   "profile a {\nmatch {\nclass app #\ntoken kind jwt\n}\n}\n",
		"kind is":                    "profile a {\nmatch {\nclass patient\ntoken kind jwk #\n}\n}\n",
		"profile b is never chosen":  "profile a\nprofile b { #\nscopes {\nallow openid\n}\n}\npolicy {\ncontacts essential\n}\n",
		"no value is allowed":        "policy {\nclient_name one_of A\n}\nprofile a { #\npolicy {\nclient_name one_of B\n}\n}\n",
		"the values must be equal":   "profile a {\npolicy {\ntos_uri value https://a.example\n}\n}\npolicy { #\ntos_uri value https://b.example\n}\n",
		"profile d is never chosen":  "shadow {\nprofile c\nprofile d #\n}\n",
		"with widening allow":        "widening allow #\nprofile a {\nmatch {\ntoken kind jwt\n}\n}\n",
		"algorithms is \"FOO\"":      "initial_access_token {\njwt {\nsecret \"" + portalSecret + "\"\nalgorithms HS256 FOO #\nleeway 1s\n}\n}\n" + credential,
		"algorithms is \"RS256\"":    "initial_access_token {\njwt {\nalgorithms RS256 #\nsecret \"" + portalSecret + "\"\n}\n}\n" + credential,
		"expiry is":                  "initial_access_token {\njwt {\nexpiry never #\nsecret \"" + portalSecret + "\"\n}\n}\n" + credential,
		"at least 32 bytes, has 1":   "initial_access_token {\njwt {\nsecret a #\nexpiry optional\n}\n}\n" + credential,
		"key set address":            "initial_access_token {\njwt {\nissuer a\njwks http://a.example #\naudience a\n}\n}\n" + credential,
		"audience is required":       "initial_access_token {\njwt { #\nissuer a\njwks https://a.example\n}\n}\n" + credential,
		"is never reached":           "initial_access_token { #\njwt {\nsecret \"" + portalSecret + "\"\n}\npassthrough\n}\n" + credential,
		"ends in /realms/r":          "initial_access_token { #\npassthrough https://auth.example.org/realms/fhir\n}\n",
		`issuer "keycloak"`:          "initial_access_token { #\npassthrough keycloak\n}\n",
		`/realms/r/" is not`:         "initial_access_token { #\npassthrough https://auth.example.org/realms/r/\n}\n",
		"upstream_credential is req": "initial_access_token { #\nopen\n}\n",
		"upstream_credential is nev": "initial_access_token {\npassthrough\n}\n" + strings.TrimSpace(credential) + " #\n",
		"bearer must be a token":     "initial_access_token {\nopen\n}\nupstream_credential bearer \"Bearer t\" #\n",
		"token_endpoint: not an":     "initial_access_token {\nopen\n}\nupstream_credential client_credentials {\nclient_id a\ntoken_endpoint a.example #\nclient_secret b\n}\n",
		"client_id is required":      "initial_access_token {\nopen\n}\nupstream_credential client_credentials { #\ntoken_endpoint https://a.example\nclient_secret b\n}\n",
		"exactly one of client_secr": "initial_access_token {\nopen\n}\nupstream_credential client_credentials { #\ntoken_endpoint https://a.example\nclient_id a\n}\n",
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(lines, "initial_access_token") {
				lines += "initial_access_token {\npassthrough\n}\n"
			}
			input := only(lines)
			before, _, _ := strings.Cut(input, "#")
			at := fmt.Sprintf(", at Caddyfile:%d", 1+strings.Count(before, "\n"))
			_, _, err := adapt(input)
			if err == nil || !strings.Contains(err.Error(), want) || !strings.HasSuffix(err.Error(), at) {
				t.Errorf("got %v\nwant something with %q%s", err, want, at)
			}
		})
	}
	// What is missing is missing from the block.
	_, _, err := adapt(":80 {\n\tsmart_registration {\n\t\tupstream 127.0.0.1:1\n\t}\n}")
	for _, want := range []string{"upstream_path is required, at Caddyfile:2\n", "initial_access_token is required: passthrough, jwt, or open, at Caddyfile:2"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want something with %q", err, want)
		}
	}
}

// TestEmptyArguments: what is empty stands for a variable that is not set, and
// takes back nothing of what is written.
func TestEmptyArguments(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"path", "upstream_host", "public_url", "management", "widening", "read_only", "explain",
		"dialect", "dialect keycloak", "allow_grants password", "cors", "built_in off", "policy", "shadow", "timeout",
		"reconcile {read_back", "reconcile {security_members scope", "offered {from", "offered {list", "offered {unknown",
		"scopes {allow openid", "scopes {deny", "scopes {preset", "upstream_credential bearer",
		"profile a {preset", "profile a {match {class", "profile a {match {token issuer", "profile a {match {token claim tier",
		"initial_access_token {passthrough", "initial_access_token {jwt {issuer", "initial_access_token {jwt {type",
		"initial_access_token {jwt {expiry", "initial_access_token {jwt {claims scope", "initial_access_token {jwt {claims",
		"initial_access_token {jwt {audience a", "upstream", "upstream a.example", "upstream {to", "upstream a.example {to b.example",
		"initial_access_token {jwt {limits scope",
	} {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			lines := strings.ReplaceAll(line, "{", "{\n") + ` "{$SURELY_NOT_SET}"`
			if strings.HasSuffix(line, "claims") {
				lines += " value"
			}
			lines += strings.Repeat("\n}", strings.Count(line, "{"))
			_, _, err := adapt(":80 {\n\tsmart_registration {\n" + lines + "\n\t}\n}\n")
			at := fmt.Sprintf("has an empty argument: is a variable not set?, at Caddyfile:%d", 3+strings.Count(line, "{"))
			if err == nil || !strings.Contains(err.Error(), at) {
				t.Errorf("got %v, want something with %q", err, at)
			}
		})
	}
	// A value is what it is.
	if _, _, err := adapt(strings.Replace(shortest, "LINES", "policy {\nclient_name one_of \"\" App\n}", 1)); err != nil {
		t.Error(err)
	}
}

// only is a block with nothing but what is needed and the given lines, which
// begin at line 5.
func only(lines string) string {
	return ":80 {\n\tsmart_registration {\n\t\tupstream 127.0.0.1:8081\n" +
		"\t\tupstream_path /realms/r/clients-registrations/openid-connect\n" + lines + "\t}\n}\n"
}
