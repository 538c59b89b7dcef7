package sandbox

import (
	"crypto/rand"
	"encoding/base64"
	"net/http"

	"github.com/google/uuid"
)

// register creates a client (RFC 7591 section 3).
func (s *Sandbox) register(r *http.Request) (*reply, error) {
	asked, err := readMetadata(r)
	if err != nil {
		return nil, err
	}
	if err := checkOrigin(r); err != nil {
		return nil, err
	}
	if asked.has("client_id") {
		return nil, errClientIDIncluded
	}
	c, err := newClient(asked)
	if err != nil {
		return nil, err
	}
	who, err := s.admitRegistration(r)
	if err != nil {
		return nil, err
	}
	if c.scopes, err = s.optionalScopes(asked); err != nil {
		return nil, err
	}
	if err := c.validate(); err != nil {
		return nil, err
	}
	if !c.fits() {
		return nil, errInternal
	}
	c.id = uuid.NewString()
	c.secret = newSecret()
	if c.tokenID, c.token, err = s.newRegistrationToken(r); err != nil {
		return nil, err
	}
	if err := s.realm.spend(who.initial.ID, c, s.now()); err != nil {
		return nil, err
	}
	uri := s.clientURI(r, c.id)
	body := c.represent(uri)
	body["client_id_issued_at"] = s.now().Unix()
	return &reply{
		status:    http.StatusCreated,
		header:    map[string]string{"Location": uri},
		mediaType: typeJSONCharset,
		body:      body,
	}, nil
}

// show returns a client (RFC 7592 section 2.1). The registration access token
// stays the same.
func (s *Sandbox) show(r *http.Request, id string) (*reply, error) {
	if err := checkOrigin(r); err != nil {
		return nil, err
	}
	c, err := s.admitView(r, id)
	if err != nil {
		return nil, err
	}
	return &reply{status: http.StatusOK, mediaType: typeJSONCharset, body: c.represent(s.clientURI(r, c.id))}, nil
}

// update replaces a client's metadata (RFC 7592 section 2.2) and its registration
// access token. The secret outlives it, and what the update does not name of what
// the server keeps.
func (s *Sandbox) update(r *http.Request, id string) (*reply, error) {
	asked, err := readMetadata(r)
	if err != nil {
		return nil, err
	}
	if err := checkOrigin(r); err != nil {
		return nil, err
	}
	c, err := newClient(asked)
	if err != nil {
		return nil, err
	}
	current, err := s.admitUpdate(r, id)
	if err != nil {
		return nil, err
	}
	c.scopes = current.scopes
	if asked.has("scope") {
		if c.scopes, err = s.optionalScopes(asked); err != nil {
			return nil, err
		}
	}
	if asked.text("client_id") != current.id {
		return nil, errClientIDModified
	}
	if err := c.validate(); err != nil {
		return nil, err
	}
	if !c.fits() {
		return nil, errInternal
	}
	c.id, c.secret = current.id, current.secret
	c.keep(current)
	if c.tokenID, c.token, err = s.newRegistrationToken(r); err != nil {
		return nil, err
	}
	if !s.realm.replace(current.tokenID, c) {
		return nil, errUpdateUnauthorized
	}
	return &reply{status: http.StatusOK, mediaType: typeJSONCharset, body: c.represent(s.clientURI(r, c.id))}, nil
}

// remove deletes a client (RFC 7592 section 2.3).
func (s *Sandbox) remove(r *http.Request, id string) (*reply, error) {
	if err := checkOrigin(r); err != nil {
		return nil, err
	}
	c, err := s.admitUpdate(r, id)
	if err != nil {
		return nil, err
	}
	if !s.realm.remove(c.id, c.tokenID) {
		return nil, errUpdateUnauthorized
	}
	return &reply{status: http.StatusNoContent}, nil
}

func (s *Sandbox) clientURI(r *http.Request, id string) string {
	return s.issues.registration(r, "openid-connect") + "/" + id
}

// newRegistrationToken signs a registration access token that never expires. It
// is bound to its client by the identifier that the client remembers.
func (s *Sandbox) newRegistrationToken(r *http.Request) (id, token string, err error) {
	id = uuid.NewString()
	token, err = s.realm.sign(claims{
		IssuedAt:         s.now().Unix(),
		ID:               id,
		Issuer:           s.issues.url(r),
		Audience:         s.issues.url(r),
		Type:             typeRegistrationAccess,
		RegistrationAuth: "authenticated",
	})
	return id, token, err
}

// newSecret is as long as the server's: 86 characters.
func newSecret() string {
	secret := make([]byte, 64)
	rand.Read(secret) // never fails: the process ends instead
	return base64.RawURLEncoding.EncodeToString(secret)
}
