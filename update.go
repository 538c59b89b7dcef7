package smartregistration

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/caddy-smart/smartregistration/internal/registration"
	"github.com/caddy-smart/smartregistration/internal/token"
	"github.com/caddy-smart/smartregistration/policy"
)

// InitialAccessTokenHeader carries, beside the registration access token, an
// initial access token that vouches for an update which goes beyond the
// registration (see Handler.Widening). Authorization has room for one token, and
// the registration access token is the one that the server asks for.
const InitialAccessTokenHeader = "Initial-Access-Token"

// admitUpdate reads what the client has now, with the caller's own token: only
// the server can tell whether that is good, and it is asked before the body is
// read. Who vouches for more than that is looked at first, since it costs no
// exchange.
func (x *transaction) admitUpdate() error {
	if err := x.admitWidening(); err != nil {
		return err
	}
	return x.readRegistered()
}

// admitWidening verifies the token that vouches for a widening, if there is one.
func (x *transaction) admitWidening() error {
	values := x.request.Header[InitialAccessTokenHeader]
	if policy.Widening(x.Widening) != policy.WideningAdmission || len(values) == 0 {
		return nil
	}
	if len(values) > 1 {
		return &registration.Error{
			Status: http.StatusBadRequest, Code: registration.InvalidRequest,
			Description: "more than one " + InitialAccessTokenHeader + " header",
		}
	}
	vouching, err := x.vouching.Verify(x.request.Context(), values[0])
	if errors.Is(err, token.ErrMissing) {
		return &registration.Error{
			Status: http.StatusBadRequest, Code: registration.InvalidRequest,
			Description: "the " + InitialAccessTokenHeader + " header is empty",
		}
	}
	if err != nil {
		return err
	}
	x.widening = &vouching
	return nil
}

// readRegistered reads what the client has now. A server may hand out a new
// token on a read (RFC 7592 section 3): the update then goes on with that one, of
// which the caller knows nothing yet.
func (x *transaction) readRegistered() error {
	err := x.exchange(x.atClient(http.MethodGet, nil))
	if err != nil {
		return err
	}
	x.registered, err = x.registration(x.reply, nil)
	if err != nil {
		return err
	}
	presented := x.admission.Raw
	if renewed := x.registered.String("registration_access_token"); renewed != "" {
		x.admission.Raw, x.renewed = renewed, renewed != presented
	}
	// As it is told: what a caller that sends back what it read has in its document.
	x.registered.Set("registration_access_token", presented)
	x.registered.Set("registration_client_uri", x.clientURI(x.target.clientID))
	return nil
}

// checkWidening: a token that the server alone can judge vouches for nothing at an
// update, where the server does not ask for one.
func (h *Handler) checkWidening() error {
	if err := oneOf("widening", h.Widening, "", string(policy.WideningRefuse), string(policy.WideningAllow), string(policy.WideningAdmission)); err != nil {
		return err
	}
	if policy.Widening(h.Widening) != policy.WideningAdmission {
		return nil
	}
	for _, t := range h.InitialAccessToken {
		if t.Kind == string(token.KindJWT) {
			return nil
		}
	}
	return fmt.Errorf("widening admission needs a jwt in initial_access_token: it is the gateway that judges who vouches for an update")
}

// warnOfAccessLog: Caddy leaves the usual headers with secrets in them out of its
// access log, and does not know this one.
func (h *Handler) warnOfAccessLog(ctx caddy.Context) {
	server, ok := ctx.Value(caddyhttp.ServerCtxKey).(*caddyhttp.Server)
	if !ok || server.Logs == nil || policy.Widening(h.Widening) != policy.WideningAdmission {
		return
	}
	h.log.Warn("the access log shows the header " + InitialAccessTokenHeader + " unless its format has a filter that deletes " +
		"request>headers>" + InitialAccessTokenHeader)
}
