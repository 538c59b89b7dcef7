package smartregistration

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-smart/smartregistration/internal/probe"
	"github.com/caddy-smart/smartregistration/internal/token"
	"github.com/caddy-smart/smartregistration/internal/upstream"
)

// target is what the configuration and the flags say is to be probed.
func (p probed) target(from source, stdin io.Reader) (probe.Target, error) {
	h, err := from.handler()
	if err != nil {
		return probe.Target{}, err
	}
	t := probe.Target{
		ConnectTo: p.connectTo, Servers: p.servers, Discovery: p.discovery, Outside: p.outside,
		Management: h.Management, Success: h.SuccessStatus, Relaxed: slices.Concat(h.BuiltIn.Off, h.AllowGrants),
		Open: slices.ContainsFunc(h.InitialAccessToken, func(t InitialAccessToken) bool { return t.Kind == string(token.KindOpen) }),
	}
	if t.Dialect, err = upstream.Named(h.Dialect); err != nil {
		return t, err
	}
	publicURL := ""
	for _, v := range []struct {
		name, from string
		to         *string
	}{{"upstream_path", h.UpstreamPath, &t.Path}, {"upstream_host", h.UpstreamHost, &t.Host}, {"public_url", h.PublicURL, &publicURL}} {
		if *v.to, err = resolve(v.name, v.from); err != nil {
			return t, err
		}
	}
	if p.url != "" {
		if u, err := url.Parse(p.url); err == nil && strings.HasSuffix(strings.TrimSuffix(u.Path, "/"), h.Path) {
			return t, fmt.Errorf("--url ends in the handler's path: it is the site's address, to which %s is added", h.Path)
		}
		publicURL = p.url
	}
	if publicURL == "" {
		return t, errors.New("where the gateway is, is not known: name its public address with --url")
	}
	t.Gateway = strings.TrimSuffix(publicURL, "/") + h.Path
	if len(t.Servers) == 0 {
		if t.Servers, err = upstreamURLs(h.UpstreamRaw); err != nil {
			return t, err
		}
	}
	if t.Metadata, err = p.document(); err != nil {
		return t, err
	}
	return t, p.tokens(h, stdin, &t)
}

// tokens reads the tokens. With passthrough, the gateway's is the server's.
func (p probed) tokens(h *Handler, stdin io.Reader, t *probe.Target) error {
	notStdin := func(file string) bool { return file != "-" }
	if len(slices.DeleteFunc([]string{p.tokenFile, p.serverFile, p.adminFile}, notStdin)) > 1 {
		return errors.New("only one token can come from standard input")
	}
	for _, v := range []struct {
		file, variable string
		to             *string
	}{{p.tokenFile, tokenVariable, &t.Token}, {p.serverFile, serverTokenVariable, &t.ServerToken}, {p.adminFile, adminTokenVariable, &t.AdminToken}} {
		var err error
		if *v.to, err = readToken(v.file, v.variable, stdin); err != nil {
			return err
		}
	}
	if t.Token == "" && !t.Open {
		return fmt.Errorf("an initial access token is needed: --initial-access-token-file or %s", tokenVariable)
	}
	passes := func(t InitialAccessToken) bool { return t.Kind == string(token.KindPassthrough) }
	if t.ServerToken == "" && slices.ContainsFunc(h.InitialAccessToken, passes) {
		t.ServerToken = t.Token
	}
	return nil
}

// upstreamURLs are where a reverse_proxy sends requests to, as URLs. What is found
// out only when it runs (dynamic upstreams) and sockets are left out.
func upstreamURLs(raw json.RawMessage) ([]string, error) {
	var proxy struct {
		Upstreams []struct {
			Dial string `json:"dial"`
		} `json:"upstreams"`
		Transport struct {
			TLS json.RawMessage `json:"tls"`
		} `json:"transport"`
	}
	if err := json.Unmarshal(raw, &proxy); err != nil {
		return nil, fmt.Errorf("upstream: %w", err)
	}
	scheme := "http"
	if proxy.Transport.TLS != nil {
		scheme = "https"
	}
	var urls []string
	for _, one := range proxy.Upstreams {
		dial, err := resolve("upstream", one.Dial)
		if err != nil {
			return nil, err
		}
		address, err := caddy.ParseNetworkAddress(dial)
		if err != nil {
			return nil, fmt.Errorf("upstream: %w", err)
		}
		if !address.IsUnixNetwork() {
			urls = append(urls, scheme+"://"+address.JoinHostPort(0))
		}
	}
	return urls, nil
}
