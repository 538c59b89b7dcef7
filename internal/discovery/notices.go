package discovery

import (
	"sync/atomic"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/caddy-smart/smartregistration/internal/discovery/document"
)

// notice is something about the documents of this site that an operator should
// know.
type notice uint8

const (
	noticeUnsigned notice = iota
	noticeEmptied
	noticeOpaque
	noticeTooLarge
	noticeUnreadable
	noticeEncoding
	noticeNoPolicy
	noticeCount
)

var noticeTexts = [noticeCount]string{
	noticeUnsigned:   "signed_metadata was removed from a document: it would go before the registration endpoint that the document names now",
	noticeEmptied:    "a document and what it is narrowed to have nothing in common",
	noticeOpaque:     "a member cannot be narrowed: it is not an array of strings",
	noticeTooLarge:   "a document is larger than max_body and passes unchanged",
	noticeUnreadable: "a document cannot be read and passes unchanged",
	noticeEncoding:   "a document has a content encoding other than gzip and passes unchanged",
	noticeNoPolicy:   "documents are not narrowed: it takes exactly one smart_registration handler on this server with the path of registration_endpoint, and a policy that allows something",
}

// notices logs each notice at level warn once and at level debug from then on:
// how often they come is up to whoever sends requests.
type notices struct {
	log   *zap.Logger
	given [noticeCount]atomic.Bool
}

func (n *notices) give(what notice, fields ...zap.Field) {
	level := zapcore.DebugLevel
	if n.given[what].CompareAndSwap(false, true) {
		level = zapcore.WarnLevel
	}
	n.log.Log(level, noticeTexts[what], fields...)
}

// result gives the notices about a document that was changed.
func (n *notices) result(done document.Result, where zap.Field) {
	if done.Unsigned {
		n.give(noticeUnsigned, where)
	}
	if done.Emptied != nil {
		n.give(noticeEmptied, where, zap.Strings("members", done.Emptied))
	}
	if done.Opaque != nil {
		n.give(noticeOpaque, where, zap.Strings("members", done.Opaque))
	}
}
