package smartregistration

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/caddy-smart/smartregistration/internal/registration"
	"github.com/caddy-smart/smartregistration/internal/smart"
	"github.com/caddy-smart/smartregistration/internal/telemetry"
	"github.com/caddy-smart/smartregistration/internal/token"
	"github.com/caddy-smart/smartregistration/internal/upstream"
	"github.com/caddy-smart/smartregistration/policy"
)

// ServeHTTP answers the registration endpoint and the client configuration
// endpoints below it; any other request is the next handler's, untouched.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	target, ours := h.target(r)
	if !ours {
		return next.ServeHTTP(w, r)
	}
	if h.shareWithBrowser(w, r, target) {
		return nil
	}
	x := &transaction{Handler: h, policy: h.inForce.Load(), request: r, target: target}
	answer, err := x.handle(w)
	if err != nil {
		refusal := x.refusal(err)
		x.lockedOut = x.lockedOut || x.renewed
		x.remember(refusal.Status, err)
		x.leaveUnread(w, refusal.Status)
		refusal.Write(w)
		return nil
	}
	x.remember(answer.Status, nil)
	answer.Write(w)
	return nil
}

// transaction is one request on its way.
type transaction struct {
	*Handler
	policy  *policy.Policy // one for the whole request, whatever its file does
	request *http.Request
	target  target

	admission  token.Admission
	widening   *token.Admission       // on Update: who vouches for more than there is
	registered *registration.Metadata // on Update: what the client has now
	asked      *registration.Metadata
	scope      string // as it was asked for
	decision   policy.Decision
	sent       *registration.Metadata // what the server was asked to register
	reply      *upstream.Reply        // the last one
	result     *registration.Metadata // what is registered
	quirks     []string
	mismatches []string          // what is registered otherwise than was decided
	settled    telemetry.Settled // what became of that
	waited     time.Duration     // for the server, all exchanges together
	orphan     bool              // the server may hold a client that nobody knows of
	stale      bool              // the token that the gateway holds may not be the client's any more
	renewed    bool              // the server has issued the client a token that the caller does not know yet
	lockedOut  bool              // the caller may never learn the client's token
}

// handle goes the way of a registration. A request that is refused in one step
// never sees the next, and none before forward changes anything at the server.
func (x *transaction) handle(w http.ResponseWriter) (*registration.Answer, error) {
	steps := [...]func() error{
		x.check,
		x.admit,
		func() error { return x.read(w) },
		x.decide,
		x.forward,
		x.reconcile,
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return x.answer(), nil
}

// admit finds out who is asking.
func (x *transaction) admit() error {
	raw, err := token.Bearer(x.request.Header)
	if err != nil && !errors.Is(err, token.ErrMissing) {
		return err
	}
	verifier := x.Handler.registered
	if x.target.operation == registration.Create {
		verifier = x.Handler.admission
	}
	if x.admission, err = verifier.Verify(x.request.Context(), raw); err != nil {
		if raw != "" {
			x.admission.Fingerprint = token.Fingerprint(raw) // for the log, to find the caller's
		}
		return err
	}
	if x.target.operation != registration.Update {
		return nil
	}
	return x.admitUpdate()
}

// read takes the body apart. Only a registration and an update have one.
func (x *transaction) read(w http.ResponseWriter) error {
	if !x.hasBody() {
		return nil
	}
	body, err := x.body(w)
	if err != nil {
		return err
	}
	x.asked, err = registration.Decode(body)
	if err == nil && x.registered != nil {
		x.addQuirks(x.dialect.Incoming(x.asked, x.registered))
	}
	return err
}

// decide applies the policy. An update meets the same one as a registration.
func (x *transaction) decide() error {
	if !x.hasBody() {
		return nil
	}
	request := policy.Request{
		Operation: x.target.operation, Metadata: x.asked, Registered: x.registered,
		Offered: x.offered.Load(), Admission: x.voucher(), RemoteIP: x.remoteIP(), Now: time.Now(),
	}
	x.scope = x.asked.String("scope")
	var again policy.Request
	if x.shadow != nil {
		again = x.shadow.prepare(request)
	}
	x.decision = x.policy.Decide(request)
	if x.shadow != nil {
		x.shadow.follow(shadowTrial{again, x.decision, x.requestID()})
	}
	if !x.decision.Admitted() {
		return x.decision.Refusal(x.explains())
	}
	return nil
}

// remoteIP is where the request comes from, by what Caddy trusts.
func (x *transaction) remoteIP() string {
	remote, _ := caddyhttp.GetVar(x.request.Context(), caddyhttp.ClientIPVarKey).(string)
	return remote
}

// voucher is what rules may know of who vouches for the request; nil for an update
// that nobody vouches for anew. What a token says about itself that the server has
// yet to judge is not among it: anybody can write one.
func (x *transaction) voucher() *policy.Admission {
	a := x.admission
	if x.target.operation == registration.Update {
		if x.widening == nil {
			return nil
		}
		a = *x.widening
	}
	if a.Kind != token.KindJWT {
		return &policy.Admission{Kind: string(a.Kind)}
	}
	return &policy.Admission{Kind: string(a.Kind), Issuer: a.Issuer, Subject: a.Subject, ID: a.ID, Claims: a.Claims, Limits: a.Limits}
}

// forward has the server do it.
func (x *transaction) forward() error {
	call := upstream.Call{Method: x.target.operation.Method(), Path: x.upstreamPath}
	if x.target.operation != registration.Create {
		call.Path += "/" + x.target.segment
	}
	if x.hasBody() {
		var fired []string
		x.sent, fired = x.dialect.Outgoing(x.decision.Metadata)
		x.addQuirks(fired)
		if x.registered != nil {
			x.addQuirks(x.dialect.Update(x.sent, x.registered))
		}
		call.Body = x.sent.Encode()
	}
	if err := x.exchange(call); err != nil {
		return x.uncertain(err)
	}
	return nil
}

// answer tells the caller what is true: what the server has, in RFC 7591's form.
func (x *transaction) answer() *registration.Answer {
	if x.target.operation == registration.Delete {
		return &registration.Answer{Status: http.StatusNoContent}
	}
	registered := x.result
	if x.scope != "" {
		spelled := smart.SpellAs(smart.Split(x.scope), smart.Split(registered.String("scope")))
		registered.Set("scope", smart.Join(spelled))
	}
	answer := &registration.Answer{Status: http.StatusOK, Body: registered}
	if x.Management == "off" {
		registered.Delete("registration_client_uri")
		registered.Delete("registration_access_token")
	} else {
		registered.Set("registration_client_uri", x.clientURI(x.target.clientID))
	}
	if x.target.operation == registration.Create {
		answer.Status = x.SuccessStatus
		if x.Management != "off" {
			answer.Location = x.clientURI(x.target.clientID)
		}
	}
	return answer
}

// remember leaves one log line, the access log's fields and the metrics.
func (x *transaction) remember(status int, err error) {
	d := x.summary(status, err)
	d.Count()
	ctx := x.request.Context()
	if extra, ok := ctx.Value(caddyhttp.ExtraLogFieldsCtxKey).(*caddyhttp.ExtraLogFields); ok && x.hasAccessLog() {
		extra.Add(d.AccessFields())
	}
	if line := x.decisions.Check(d.Level(), d.Message()); line != nil {
		d.RequestID = x.requestID()
		d.Remote, _ = caddyhttp.GetVar(ctx, caddyhttp.ClientIPVarKey).(string)
		line.Write(d.Fields())
	}
}

// summary is what there is to say of the request.
func (x *transaction) summary(status int, err error) *telemetry.Decision {
	d := &telemetry.Decision{
		Operation: x.target.operation, Outcome: x.outcome(status), Status: status, Err: err,
		TokenKind: string(x.admission.Kind), Token: x.admission.Fingerprint,
		Profile: x.decision.Profile, PolicyDigest: x.decision.PolicyDigest, ClientID: x.target.clientID,
		Violations: x.decision.Violations, Warnings: x.decision.Warnings, Changes: x.decision.Changes, Quirks: x.quirks,
		FailedRules:  x.decision.FailedRules(),
		UpstreamTime: x.waited, Orphan: x.orphan, LockedOut: x.lockedOut || x.answerLost(),
		Mismatches: x.mismatches, Settled: x.settled,
	}
	vouching := &x.admission
	if x.widening != nil {
		vouching = x.widening
		d.Vouching = vouching.Fingerprint
	}
	if vouching.Kind == token.KindJWT { // what any other says of itself, nobody here has verified
		d.Issuer, d.Subject, d.TokenID = vouching.Issuer, vouching.Subject, vouching.ID
	}
	if x.asked != nil {
		d.ClientName = x.asked.String("client_name")
	}
	if x.reply != nil {
		d.UpstreamStatus = x.reply.Status
	}
	if x.orphan {
		d.RedirectHosts, d.Upstream = x.redirectHosts(), x.upstreamAddress()
	}
	return d
}

// hasAccessLog tells whether there may be one to add fields to.
func (x *transaction) hasAccessLog() bool {
	server, ok := x.request.Context().Value(caddyhttp.ServerCtxKey).(*caddyhttp.Server)
	return ok && server != nil && server.Logs != nil
}

// redirectHosts are the hosts of the redirect URIs, each once. What else is in
// the URIs may be nothing for a log.
func (x *transaction) redirectHosts() []string {
	uris, _ := x.sent.Strings("redirect_uris")
	var hosts []string
	for _, uri := range uris {
		if u, err := url.Parse(uri); err == nil && u.Host != "" && !slices.Contains(hosts, u.Host) {
			hosts = append(hosts, u.Host)
		}
	}
	return hosts
}

// upstreamAddress is where reverse_proxy sent the last exchange.
func (x *transaction) upstreamAddress() string {
	repl, ok := x.request.Context().Value(caddy.ReplacerCtxKey).(*caddy.Replacer)
	if !ok {
		return ""
	}
	address, _ := repl.GetString("http.reverse_proxy.upstream.hostport")
	return address
}

// answerLost tells whether the caller has gone while something was done for it
// that it has to be told: the client has a new token.
func (x *transaction) answerLost() bool {
	return x.hasBody() && x.result != nil && x.request.Context().Err() != nil
}

// requestID is Caddy's name for the request.
func (x *transaction) requestID() string {
	repl, ok := x.request.Context().Value(caddy.ReplacerCtxKey).(*caddy.Replacer)
	if !ok {
		return ""
	}
	id, _ := repl.GetString("http.request.uuid")
	return id
}

// outcome is the bounded label of how it ended.
func (x *transaction) outcome(status int) telemetry.Outcome {
	switch {
	case status < 300:
		return telemetry.Done
	case status >= 500:
		return telemetry.Failed
	case x.reply != nil && x.reply.Status >= 400:
		return telemetry.RefusedUpstream
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return telemetry.Unauthorized
	default:
		return telemetry.Refused
	}
}
