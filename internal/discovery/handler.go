package discovery

import (
	"errors"
	"net/http"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/caddy-smart/smartregistration/internal/discovery/document"
)

// ServeHTTP serves a document, has the next handler's changed, or lets the
// request go on.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	kind := document.At(r.URL.Path)
	switch {
	case kind == document.None:
		return next.ServeHTTP(w, r)
	case h.CORS && isPreflight(r):
		answerPreflight(w)
		return nil
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		return next.ServeHTTP(w, r)
	}
	if h.CORS {
		allowAnyOrigin(w.Header()) // here as well, for the answer to an error
	}
	if h.served != nil && r.URL.Path == h.Serve.Path {
		served := h.servedNow()
		w.Header().Set("Content-Type", "application/json")
		setETag(w.Header(), served)
		answer(w, r, served)
		return nil
	}
	c := &capture{to: w, header: w.Header().Clone(), limit: h.MaxBody, bodyless: r.Method == http.MethodHead, cors: h.CORS}
	if err := ask(next, c, r); err != nil {
		return err
	}
	switch {
	case c.passing:
		h.notePassed(c, r)
	case c.status == 0: // nobody answered
		c.commit(c.header)
	default:
		h.answerCaptured(c, r, kind)
	}
	return nil
}

// servedNow is the document that is served, narrowed to the policy in force where
// that is asked for.
func (h *Handler) servedNow() []byte {
	done, err := h.rewritingNow().Apply(document.SMARTConfiguration, h.served)
	if err != nil || done.Body == nil {
		return h.served
	}
	return done.Body
}

// answerCaptured answers with the document that was captured, changed where that
// is called for.
func (h *Handler) answerCaptured(c *capture, r *http.Request, kind document.Kind) {
	where := zap.String("path", r.URL.Path)
	text, err := c.text()
	var done document.Result
	if err == nil {
		done, err = h.rewritingNow().Apply(kind, text)
	}
	if err != nil {
		what := noticeUnreadable
		if errors.Is(err, errTextTooLarge) {
			what = noticeTooLarge
		}
		h.log.give(what, where, zap.Error(err))
		c.pass(passOther)
		return
	}
	h.log.result(done, where)
	body := c.body.Bytes()
	if done.Body != nil {
		body = done.Body
		disown(c.sent)
		setETag(c.sent, body)
	}
	c.commit(c.sent)
	answer(c.to, r, body)
}

func (h *Handler) notePassed(c *capture, r *http.Request) {
	where := zap.String("path", r.URL.Path)
	switch c.why {
	case passTooLarge:
		h.log.give(noticeTooLarge, where)
	case passEncoding:
		h.log.give(noticeEncoding, where, zap.String("encoding", c.sent.Get("Content-Encoding")))
	case passOther:
	}
}
