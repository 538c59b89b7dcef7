package docs_test

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/oauth2"
)

func testPatientApp(t *testing.T, c *chain) {
	answer := c.register(t, c.token, shownBody(t, "An app for patients"))
	app := oauth2.Config{
		ClientID:     answer["client_id"].(string),
		ClientSecret: answer["client_secret"].(string),
		Endpoint:     c.endpoint,
		RedirectURL:  callback,
		Scopes:       []string{"launch/patient", "openid", "fhirUser", "patient/*.rs"},
	}

	t.Run("signs a patient in", func(t *testing.T) {
		token, seen := c.signIn(t, app)
		// Without consent the user never learns what the app may see.
		for _, scope := range []string{"My Example Client", "launch/patient", "fhirUser", "patient/*.rs"} {
			if !strings.Contains(seen.consented, scope) {
				t.Errorf("consent does not speak of %s: %q", scope, seen.consented)
			}
		}
		claims := c.claims(t, token.AccessToken)
		sameSet(t, "scope", words(claims["scope"]), app.Scopes)
		sameSet(t, "aud", list(claims["aud"]), []string{fhirServer})
		sameSet(t, "roles", roles(claims), []string{"chart-reader"})
		if claims["acr"] != nil {
			t.Errorf("the realm's default scopes are there: %v", claims)
		}
		asShown(t, "An app for patients", claims)
		idToken, _ := token.Extra("id_token").(string)
		if got := c.claims(t, idToken)["fhirUser"]; got != fhirServer+"/Patient/amy" {
			t.Errorf("fhirUser is %v", got)
		}
		if patient := token.Extra("patient"); patient != nil {
			t.Errorf("the page says that there is no launch context; it is %v", patient)
		}
	})

	// SMART has an app name the server that it wants to reach. Keycloak does not look.
	t.Run("names another FHIR server", func(t *testing.T) {
		token, _ := c.signIn(t, app, oauth2.SetAuthURLParam("aud", "https://elsewhere.example.org"))
		sameSet(t, "aud", list(c.claims(t, token.AccessToken)["aud"]), []string{fhirServer})
	})

	t.Run("stays signed in", func(t *testing.T) {
		app := app
		app.Scopes = append(slices.Clone(app.Scopes), "offline_access")
		token, _ := c.signIn(t, app)
		renewed, err := app.TokenSource(c.context(t), &oauth2.Token{RefreshToken: token.RefreshToken}).Token()
		if err != nil {
			t.Fatal(err)
		}
		claims := c.claims(t, renewed.AccessToken)
		sameSet(t, "scope", words(claims["scope"]), app.Scopes)
		sameSet(t, "roles", roles(claims), []string{"chart-reader", "offline_access"})
		if end := renewed.Extra("refresh_expires_in"); end != 0.0 {
			t.Errorf("the refresh token ends after %v seconds", end)
		}
	})

	// What the mappers of a scope put into a token goes with the scope.
	t.Run("without the scope that has the mappers", func(t *testing.T) {
		app := app
		app.Scopes = []string{"openid", "launch/patient"}
		token, _ := c.signIn(t, app)
		claims := c.claims(t, token.AccessToken)
		sameSet(t, "scope", words(claims["scope"]), app.Scopes)
		sameSet(t, "aud", list(claims["aud"]), nil)
		sameSet(t, "roles", roles(claims), nil)
	})

	t.Run("made by hand, with full scope", func(t *testing.T) {
		app := app
		app.ClientID, app.ClientSecret = "by-hand", "by-hand"
		token, seen := c.signIn(t, app)
		claims := c.claims(t, token.AccessToken)
		if got := roles(claims); !slices.Contains(got, "chart-reader") || !slices.Contains(got, "ward-manager") {
			t.Errorf("not even with full scope are all roles there: the absence of one shows nothing. %v", got)
		}
		if seen.consented != "" || claims["acr"] == nil {
			t.Errorf("it does not differ from a registered app: %q, %v", seen.consented, claims)
		}
	})

	refused := func(name string, app oauth2.Config, want string, options ...oauth2.AuthCodeOption) {
		t.Run(name, func(t *testing.T) {
			seen := amy.visit(t, c.client, app.AuthCodeURL("state", options...))
			if seen.answer.Get("error") != want || seen.answer.Has("code") || seen.signedIn {
				t.Errorf("%+v", seen)
			}
			t.Log(seen.answer.Get("error"), seen.answer.Get("error_description"))
		})
	}
	challenge := oauth2.S256ChallengeOption(oauth2.GenerateVerifier())
	refused("without a code challenge", app, "invalid_request")
	refused("with a plain code challenge", app, "invalid_request",
		oauth2.SetAuthURLParam("code_challenge", oauth2.GenerateVerifier()), oauth2.SetAuthURLParam("code_challenge_method", "plain"))
	handMade := app
	handMade.ClientID = "by-hand"
	refused("made by hand, without a code challenge", handMade, "invalid_request")
	beyond := app
	beyond.Scopes = append(slices.Clone(app.Scopes), "system/*.rs")
	refused("a scope that is not registered", beyond, "invalid_scope", challenge)
	beyond.Scopes = []string{"openid", "patient/Observation.rs"}
	refused("a scope that another one covers", beyond, "invalid_scope", challenge)

	t.Run("another code verifier", func(t *testing.T) {
		seen := amy.visit(t, c.client, app.AuthCodeURL("state", challenge))
		_, err := app.Exchange(c.context(t), seen.answer.Get("code"), oauth2.VerifierOption(oauth2.GenerateVerifier()))
		refusedWith(t, err, "invalid_grant")
	})

	t.Run("another way of sending the secret", func(t *testing.T) {
		app := app
		app.Endpoint.AuthStyle = oauth2.AuthStyleInParams // client_secret_post
		verifier := oauth2.GenerateVerifier()
		seen := amy.visit(t, c.client, app.AuthCodeURL("state", oauth2.S256ChallengeOption(verifier)))
		_, err := app.Exchange(c.context(t), seen.answer.Get("code"), oauth2.VerifierOption(verifier))
		if c.version != "26.0.8" {
			refusedWith(t, err, "unauthorized_client")
		} else if err != nil {
			t.Error(err)
		}
	})
}

// signIn runs the code flow with PKCE.
func (c *chain) signIn(t *testing.T, app oauth2.Config, options ...oauth2.AuthCodeOption) (*oauth2.Token, visit) {
	t.Helper()
	verifier := oauth2.GenerateVerifier()
	options = append(options, oauth2.S256ChallengeOption(verifier))
	seen := amy.visit(t, c.client, app.AuthCodeURL("state", options...))
	if !seen.signedIn || seen.answer.Get("state") != "state" || seen.answer.Get("iss") != issuer {
		t.Fatalf("%+v", seen)
	}
	token, err := app.Exchange(c.context(t), seen.answer.Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatalf("%v: %+v", err, seen)
	}
	return token, seen
}
