package sandbox

import (
	"bytes"
	"encoding/json"
	"net"
	"net/http"
	"net/netip"

	"github.com/google/uuid"
)

// initialAccessRequest is what to mint. Absent members, and an absent body, mean
// a token that never expires and is good for ten clients.
type initialAccessRequest struct {
	Count      int   `json:"count"`
	Expiration int64 `json:"expiration"` // seconds; 0 means never
}

// initialAccessReply is what Keycloak's administration API answers.
type initialAccessReply struct {
	ID             string `json:"id"`
	Token          string `json:"token"`
	Timestamp      int64  `json:"timestamp"`
	Expiration     int64  `json:"expiration"`
	Count          int    `json:"count"`
	RemainingCount int    `json:"remainingCount"`
}

// mintInitialAccess issues an initial access token to somebody on this machine.
func (s *Sandbox) mintInitialAccess(r *http.Request) (*reply, error) {
	if r.Method != http.MethodPost {
		return nil, errMethodNotAllowed
	}
	if !isLocal(r) {
		return nil, &wireError{http.StatusForbidden, "access_denied", "Initial access tokens are issued to direct requests from this machine only"}
	}
	body, err := readBody(r)
	if err != nil {
		return nil, err
	}
	asked := initialAccessRequest{Count: 10}
	if len(bytes.TrimSpace(body)) > 0 {
		dec := json.NewDecoder(bytes.NewReader(body))
		dec.DisallowUnknownFields()
		if dec.Decode(&asked) != nil {
			return nil, errSyntax
		}
	}
	if asked.Count < 0 {
		return nil, &wireError{http.StatusBadRequest, "Invalid value for count", "The count cannot be less than 0"}
	}
	if asked.Expiration < 0 {
		return nil, &wireError{http.StatusBadRequest, "Invalid value for expiration", "The expiration time interval cannot be less than 0"}
	}
	minted := initialAccess{
		ID:         uuid.NewString(),
		Timestamp:  s.now().Unix(),
		Expiration: asked.Expiration,
		Count:      asked.Count,
		Remaining:  asked.Count,
	}
	token, err := s.realm.sign(claims{
		Expires:  minted.expiresAt(),
		IssuedAt: minted.Timestamp,
		ID:       minted.ID,
		Issuer:   s.issues.url(r),
		Audience: s.issues.url(r),
		Type:     typeInitialAccess,
	})
	if err != nil {
		return nil, err
	}
	if err := s.realm.addInitialAccess(minted); err != nil {
		return nil, err
	}
	return &reply{
		status:    http.StatusCreated,
		header:    map[string]string{"Cache-Control": "no-store"},
		mediaType: typeJSON,
		body: initialAccessReply{
			ID:             minted.ID,
			Token:          token,
			Timestamp:      minted.Timestamp,
			Expiration:     minted.Expiration,
			Count:          minted.Count,
			RemainingCount: minted.Remaining,
		},
	}, nil
}

// isLocal tells whether the request was made on this machine. The address alone
// does not say so: a proxy on the machine has a loopback address whoever it
// speaks for, and so has a browser that shows a stranger's page.
func isLocal(r *http.Request) bool {
	for _, name := range []string{"X-Forwarded-For", "Forwarded", "Via", "Origin"} {
		if r.Header.Get(name) != "" {
			return false
		}
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}
