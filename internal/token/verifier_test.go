package token

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

func TestChain(t *testing.T) {
	t.Parallel()
	const realm = "https://auth.example.org/realms/fhir"
	jwt := secretVerifier(t, nil)
	keycloak := NewPassthrough(KeycloakForm{Issuer: realm}, at)
	opaque := NewPassthrough(OpaqueForm{}, at)

	realmToken := func(claims string) string {
		return sign("HS512", []byte("unknown to us"), `{"alg":"HS512"}`, claims)
	}
	initial := realmToken(`{"iss":"` + realm + `","typ":"InitialAccessToken","exp":0}`)
	forged := sign("HS256", []byte("some other secret of some length"), `{"alg":"HS256"}`, goodClaims())

	for _, tt := range []struct {
		name  string
		chain Chain
		raw   string
		kind  Kind
		want  outcome
	}{
		{"first", Chain{jwt, keycloak}, hs256(goodClaims()), KindJWT, admitted},
		{"second", Chain{jwt, keycloak}, initial, KindPassthrough, admitted},
		{"second, when the first is Open", Chain{Open{}, keycloak}, initial, KindPassthrough, admitted},
		{"no token, with Open", Chain{jwt, keycloak, Open{}}, "", KindOpen, admitted},
		{"no token, without Open", Chain{jwt, keycloak, opaque}, "", "", outcome{ErrMissing, "required"}},
		{"no verifiers, no token", nil, "", "", outcome{ErrMissing, "required"}},
		{"no verifiers", nil, "abc", "", outcome{ErrInvalid, "not accepted"}},
		{"a forgery is not tried further", Chain{jwt, opaque, Open{}}, forged, "", outcome{ErrInvalid, "signature"}},
		{"a token where none is needed", Chain{Open{}}, "abc", "", outcome{ErrInvalid, "not accepted"}},
		{"malformed for all", Chain{jwt, keycloak}, "abc", "", outcome{ErrInvalid, "well-formed"}},
		{"best reason: issuer before form", Chain{Open{}, jwt}, initial, "", outcome{ErrInvalid, "another issuer"}},
		{"best reason: type before issuer", Chain{jwt, keycloak}, realmToken(`{"iss":"` + realm + `","typ":"Refresh"}`), "", outcome{ErrInvalid, "type"}},
		{"a chain in a chain", Chain{Chain{jwt}}, hs256(goodClaims()), KindJWT, admitted},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			admission, err := verify(t, tt.chain, tt.raw)
			tt.want.check(t, err)
			if admission.Kind != tt.kind {
				t.Errorf("got kind %q, want %q", admission.Kind, tt.kind)
			}
		})
	}
}

type failing struct{ err error }

func (f failing) Verify(context.Context, string) (Admission, error) { return Admission{}, f.err }

func TestChainKeepsForeignErrors(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	_, err := verify(t, Chain{failing{boom}, Open{}}, "")
	if !errors.Is(err, boom) || Reason(err) != "" {
		t.Errorf("got %v with reason %q, want the verifier's error and no reason", err, Reason(err))
	}
	_, err = verify(t, Chain{failing{fmt.Errorf("wrapped: %w", ErrNotMine)}}, "abc")
	if !errors.Is(err, ErrInvalid) {
		t.Errorf("got %v, want ErrInvalid", err)
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	_, err := verify(t, NewPassthrough(OpaqueForm{}, at), "")
	if got, want := err.Error(), "no bearer token: a bearer token is required"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAdmissionHidesTheToken(t *testing.T) {
	t.Parallel()
	const raw = "very-secret-token"
	admission, err := verify(t, NewPassthrough(OpaqueForm{}, at), raw)
	if err != nil || admission.Raw != raw {
		t.Fatalf("got Raw %q and %v", admission.Raw, err)
	}
	admission.Claims = registration.New(registration.Member{Name: "note", Value: raw})

	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("", "admission", admission)
	if !strings.Contains(log.String(), Fingerprint(raw)) {
		t.Errorf("log %s lacks the fingerprint", log.String())
	}
	shown := []string{
		log.String(),
		string(must(json.Marshal(admission))),
		fmt.Sprintf("%v %+v %#v %s", admission, admission, admission, admission),
		fmt.Sprintf("%+v", struct{ A Admission }{admission}),
	}
	if got := (Admission{Kind: KindOpen}).String(); got != "open" {
		t.Errorf("got %q for an open admission", got)
	}
	for _, s := range shown {
		if strings.Contains(s, raw) {
			t.Errorf("the token shows in %s", s)
		}
	}
}
