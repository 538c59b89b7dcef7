// Command mcp registers a client with the MCP Go SDK. What it is to do comes on
// standard input, what came of it goes to standard output, both as JSON. The SDK
// has no word for an initial access token; it takes an http.Client, whose
// transport adds one.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"

	"github.com/modelcontextprotocol/go-sdk/oauthex"
)

type job struct {
	Issuer   string                             `json:"issuer"`
	Token    string                             `json:"token"`
	Metadata oauthex.ClientRegistrationMetadata `json:"metadata"`
}

type refusal struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
	Message     string `json:"message"`
}

// result has the registration as the SDK understands it.
type result struct {
	Registered *oauthex.ClientRegistrationResponse `json:"registered,omitempty"`
	Refused    *refusal                            `json:"refused,omitempty"`
}

// bearer adds a token to every request.
type bearer string

func (b bearer) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	request.Header.Set("Authorization", "Bearer "+string(b))
	return http.DefaultTransport.RoundTrip(request)
}

func register(ctx context.Context, j job) (*oauthex.ClientRegistrationResponse, error) {
	server, err := oauthex.GetAuthServerMeta(ctx, j.Issuer+"/.well-known/openid-configuration", j.Issuer, http.DefaultClient)
	if err != nil {
		return nil, err
	}
	if server == nil {
		return nil, errors.New("there is no discovery document")
	}
	return oauthex.RegisterClient(ctx, server.RegistrationEndpoint, &j.Metadata, &http.Client{Transport: bearer(j.Token)})
}

func main() {
	var j job
	if err := json.NewDecoder(os.Stdin).Decode(&j); err != nil {
		panic(err)
	}
	var r result
	registered, err := register(context.Background(), j)
	switch refused, ok := errors.AsType[*oauthex.ClientRegistrationError](err); {
	case ok:
		r.Refused = &refusal{refused.ErrorCode, refused.ErrorDescription, err.Error()}
	case err != nil:
		r.Refused = &refusal{Message: err.Error()}
	default:
		r.Registered = registered
	}
	if err := json.NewEncoder(os.Stdout).Encode(r); err != nil {
		panic(err)
	}
}
