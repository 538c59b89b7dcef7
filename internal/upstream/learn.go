package upstream

import (
	"sync/atomic"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// knowledge is what is known of the version of one server.
type knowledge struct {
	// version is what the operator says; "" if nothing.
	version string
	// learned is what the server's replies have shown; nil: nothing yet.
	learned atomic.Pointer[Versions]
	// report is told each time that learned changes.
	report func(Versions)
}

// For returns the dialect as one server of that version speaks it. Version "" is
// to be learned from what the server's replies show, which costs no request and
// is told to report. A version can be learned only as far as replies differ: the
// report is a range.
//
// Until a version is known, a quirk of some versions is taken for one of all: to
// make up for what is not there does no harm. Those with which it would are the
// exception (see Quirk.Certain). What has been learned changes what is believed of
// a reply and never what is sent, so that the same request is sent on in the same
// form today and tomorrow; what the operator says changes both.
func (d *Dialect) For(version string, report func(Versions)) *Dialect {
	server := *d
	server.known = &knowledge{version: version, report: report}
	return &server
}

// Measured tells whether a version is one of those from the oldest to the newest
// that the dialect was measured on. A newer one is treated as the newest.
func (d *Dialect) Measured(version string) bool { return d.measured.Contains(version) }

// sends tells whether a quirk applies to what is sent, and reads to what comes
// back.
func (d *Dialect) sends(q *Quirk) bool {
	if d.known == nil || d.known.version == "" || q.Versions == (Versions{}) {
		return !q.Certain
	}
	return q.Versions.Contains(d.known.version)
}

func (d *Dialect) reads(q *Quirk) bool {
	if d.known == nil || d.known.version != "" || q.Versions == (Versions{}) {
		return d.sends(q)
	}
	learned := d.known.learned.Load()
	if learned == nil {
		return !q.Certain
	}
	_, common := learned.narrowed(q.Versions)
	return common && !q.Certain
}

// learn looks for what tells versions apart in the answer to a document.
func (d *Dialect) learn(reply, decided *registration.Metadata) {
	if d.known == nil || d.known.version != "" || decided == nil {
		return
	}
	for i := range d.Quirks {
		q := &d.Quirks[i]
		if q.shows == nil {
			continue
		}
		if there, tells := q.shows(reply, decided); tells && there {
			d.known.narrow(q.Versions)
		} else if tells {
			d.known.narrow(Versions{From: q.Versions.Before})
		}
	}
}

// narrow takes in what a reply has shown. What contradicts all that was shown
// before is another server, or the same after an update: then it alone counts.
func (k *knowledge) narrow(shown Versions) {
	for {
		before := k.learned.Load()
		now := shown
		if before != nil {
			if both, common := before.narrowed(shown); common {
				now = both
			}
			if now == *before {
				return
			}
		}
		if k.learned.CompareAndSwap(before, &now) {
			if k.report != nil {
				k.report(now)
			}
			return
		}
	}
}
