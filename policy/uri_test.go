package policy

import (
	"strings"
	"testing"
)

func TestSplitURI(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]uri{
		"HTTPS://U@b@Host.:80:1/p;x?q?r#f#g": {
			scheme: "https", hasAuthority: true, hasUserinfo: true, userinfo: "U@b", host: "host.", hasPort: true, port: "80:1",
			path: "/p;x", query: "q?r", hasFragment: true, fragment: "f#g",
		},
		"http://[::1]:8080/cb": {scheme: "http", hasAuthority: true, host: "[::1]", hasPort: true, port: "8080", path: "/cb", verbatim: true},
		"http://[::1":          {scheme: "http", hasAuthority: true, host: "[", hasPort: true, port: ":1", verbatim: true},
		"https://h?q/@x":       {scheme: "https", hasAuthority: true, host: "h", query: "q/@x", verbatim: true},
		"a.b-c+1:/x:y":         {scheme: "a.b-c+1", path: "/x:y", verbatim: true},
		"1a:/x":                {path: "1a:/x", verbatim: true},
		"//h/x":                {hasAuthority: true, host: "h", path: "/x", verbatim: true},
		"#":                    {hasFragment: true, verbatim: true},
		":":                    {path: ":", verbatim: true},
		"":                     {verbatim: true},
	} {
		want.raw = s
		if got := splitURI(s); got != want {
			t.Errorf("%q\n got %+v\nwant %+v", s, got, want)
		}
	}
}

func TestNativeOnly(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"http://127.0.0.1/cb":               true,
		"http://127.9.9.9:1/cb":             true,
		"http://[::1]:61023/cb":             true,
		"http://[0:0:0:0:0:0:0:1]/cb":       true,
		"http://localhost:8080/cb":          true,
		"com.example.app:/cb":               true,
		"myapp://cb":                        true,
		"urn:ietf:wg:oauth:2.0:oob":         true,
		"https://127.0.0.1/cb":              false,
		"https://localhost/cb":              false,
		"http://localhost.attacker.example": false,
		"http://client.example.org/cb":      false,
		"javascript:alert(1)":               false,
		"ftp://client.example.org/":         false,
		"//localhost/cb":                    false,
		"*":                                 false,
		"":                                  false,
	} {
		if got := nativeOnly(s); got != want {
			t.Errorf("%q: %t", s, got)
		}
	}
}

func TestOrigin(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"https://client.example.org/cb?x#y":         "https://client.example.org",
		"HTTPS://Client.Example.ORG:443/cb":         "https://client.example.org",
		"https://client.example.org:8443/cb":        "https://client.example.org:8443",
		"https://client.example.org:80/cb":          "https://client.example.org:80",
		"https://client.example.org@attacker.test/": "",
		"http://client.example.org:80/cb":           "http://client.example.org",
		"http://127.0.0.1:51004/cb":                 "http://127.0.0.1",
		"http://[0::1]:51004/cb":                    "http://[::1]",
		"http://localhost:3000/cb":                  "http://localhost",
		"https://localhost:3000/cb":                 "https://localhost:3000",
		"com.Example.app://host/cb":                 "com.example.app",
		"https://b\u00fccher.example/cb":            "https://xn--bcher-kva.example",
		"https://client.example.org./cb":            "",
		`https://evil.example\@client.example.org/`: "",
		"http://127.0.0.1:80@evil.example/":         "",
		"http://127.0.0.1:[::1]/":                   "",
		"https://\u212aclient.example.org/":         "",
		"https://fa\u00df.example/":                 "",
		"https:///cb":                               "",
		"/cb":                                       "",
	} {
		if got := origin(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}

func TestDoubleEncoding(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"%252e": true, "x%25%32%65": true, "%25%32e": true, "%252%65": true, "%2525": true, "%25%25": false,
		"%25": false, "%25x": false, "%252": false, "%25%32": false, "%25%3": false, "%2e%2e": false, "100%25x%20": false, "": false,
	} {
		if got := doubleEncoded("https://a.example/"+s) != ""; got != want {
			t.Errorf("%s: %t", s, got)
		}
	}
}

func TestSpecialAddresses(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"8.8.8.8": false, "172.15.255.255": false, "172.32.0.1": false, "100.128.0.1": false, "223.255.255.255": false,
		"[2606:4700::1111]": false, "[2001:4860:4860::8888]": false,
		"0.0.0.0": true, "10.1.2.3": true, "100.127.255.255": true, "127.0.0.1": true, "169.254.169.254": true,
		"172.31.255.255": true, "192.168.0.1": true, "198.19.0.1": true, "224.0.0.1": true, "255.255.255.255": true,
		"[::]": true, "[::1]": true, "[::ffff:8.8.8.8]": true, "[64:ff9b::808:808]": true, "[fe80::1]": true,
		"[fc00::1]": true, "[fd00:ec2::254]": true, "[ff02::1]": true, "[2001::1]": true, "[2001:db8::1]": true, "[2002:808:808::]": true,
	} {
		u := splitURI("https://" + host + "/")
		if _, ok := u.addr(); !ok {
			t.Fatalf("%s is no address", host)
		}
		if got := checkSpecialAddress(nil, &u) != ""; got != want {
			t.Errorf("%s: %t", host, got)
		}
	}
}

func doubleEncoded(s string) string {
	u := splitURI(s)
	return checkDoubleEncoding(nil, &u)
}

// TestLongNamesAreNotEncoded: encoding takes time by the square of what there is to
// encode, so a name that is too long for DNS is not even begun with.
func TestLongNamesAreNotEncoded(t *testing.T) {
	different := func(n, perLabel int) uri {
		var host strings.Builder
		for i := range n {
			if i > 0 && i%perLabel == 0 {
				host.WriteByte('.')
			}
			host.WriteRune(rune(0x4e00 + i))
		}
		return splitURI("https://" + host.String() + "/")
	}
	for _, test := range []struct {
		name    string
		u       uri
		encoded bool
	}{
		{"as long as a name can be", different(64, 16), true},
		{"a label of 64 characters", different(64, 64), false},
		{"a name of 254", different(248, 40), false},
		{"20,000 characters", different(20_000, 20_000), false},
		{"20,000 characters in labels", different(20_000, 50), false},
	} {
		if got := withALabels(test.u); (got.host != test.u.host) != test.encoded {
			t.Errorf("%s became %.100s", test.name, got.host)
		}
		if made := testing.AllocsPerRun(1, func() { withALabels(test.u) }); (made > 0) != test.encoded {
			t.Errorf("%s: %v allocations, want some: %v", test.name, made, test.encoded)
		}
	}
}
