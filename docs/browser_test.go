package docs_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// visitor is somebody who signs in at Keycloak's pages with a browser.
type visitor struct {
	username, password string
}

// visit is what became of an authorization request.
type visit struct {
	answer    url.Values // what the app is told at its redirect URI, nil if nothing
	page      string     // the last page's text, where it ended on one
	signedIn  bool       // there was a login form
	consented string     // the text of the page that asked for consent
}

// throughGateway returns a client to which the gateway is https://<its host>,
// although it listens without TLS, and to which there is nothing else.
func throughGateway(t *testing.T, g gateway) *http.Client {
	t.Helper()
	return &http.Client{
		Transport: &http.Transport{
			DisableKeepAlives: true,
			DialContext: func(context.Context, string, string) (net.Conn, error) {
				return nil, errors.New("everything is https here")
			},
			DialTLSContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				if address != g.host+":443" {
					return nil, errors.New("not the gateway: " + address)
				}
				var dialer net.Dialer
				return dialer.DialContext(ctx, network, g.address)
			},
		},
		// Who is sent to another site has left.
		CheckRedirect: func(request *http.Request, _ []*http.Request) error {
			if request.URL.Host != g.host {
				return http.ErrUseLastResponse
			}
			return nil
		},
	}
}

// visit opens an authorization request's address in a fresh browser, signs in,
// and consents to what it is asked.
func (v visitor) visit(t *testing.T, client *http.Client, address string) visit {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := *client
	browser.Jar = jar
	var seen visit
	response, err := browser.Get(address)
	for range 5 { // a login, a consent, and some more before it is a loop
		if err != nil {
			t.Fatal(err)
		}
		location := response.Header.Get("Location")
		page, parseErr := html.Parse(response.Body)
		response.Body.Close()
		if parseErr != nil {
			t.Fatal(parseErr)
		}
		if location != "" {
			answered, err := url.Parse(location)
			if err != nil {
				t.Fatal(err)
			}
			seen.answer = answered.Query()
			return seen
		}
		form, fields := formOf(page)
		switch {
		case fields.Has("username"):
			seen.signedIn = true
			fields.Set("username", v.username)
			fields.Set("password", v.password)
		case fields.Has("accept"):
			seen.consented = textOf(page)
			fields.Del("cancel")
		default:
			seen.page = textOf(page)
			return seen
		}
		action, parseErr := response.Request.URL.Parse(form)
		if parseErr != nil {
			t.Fatal(parseErr)
		}
		response, err = browser.PostForm(action.String(), fields)
	}
	t.Fatal("the login does not end")
	return seen
}

// formOf returns the address and the fields of a page's form, which has none
// but on pages that ask for something.
func formOf(page *html.Node) (action string, fields url.Values) {
	fields = url.Values{}
	for node := range page.Descendants() {
		switch {
		case node.Type != html.ElementNode:
		case node.Data == "form":
			action = attribute(node, "action")
		case slices.Contains([]string{"input", "button"}, node.Data) && attribute(node, "name") != "":
			fields.Set(attribute(node, "name"), attribute(node, "value"))
		}
	}
	return action, fields
}

// textOf returns what a reader sees of a page.
func textOf(page *html.Node) string {
	var words []string
	for node := range page.Descendants() {
		if node.Type == html.TextNode && node.Parent.Data != "script" && node.Parent.Data != "style" {
			words = append(words, strings.Fields(node.Data)...)
		}
	}
	return strings.Join(words, " ")
}

func attribute(node *html.Node, name string) string {
	for _, a := range node.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
