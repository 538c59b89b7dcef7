package sandbox

import (
	"net/http"
	"strings"
)

// caller is whoever presented the token of a request; the zero value presented
// none, which is a caller, too.
type caller struct {
	claims
	initial initialAccess // of an initial access token
}

// admit reads the request's token. Credentials of another scheme and a scheme
// without credentials are as good as none.
func (s *Sandbox) admit(r *http.Request) (caller, error) {
	fields := strings.Fields(r.Header.Get("Authorization"))
	if len(fields) < 2 || !strings.EqualFold(fields[0], "bearer") {
		return caller{}, nil
	}
	c, err := s.realm.verify(fields[1], s.issues.url(r), s.now())
	if err != nil {
		return caller{}, err
	}
	switch c.Type {
	case typeBearer, typeRegistrationAccess:
		return caller{claims: c}, nil
	case typeInitialAccess:
		stored, ok := s.realm.initialAccess(c.ID)
		if !ok {
			return caller{}, errInitialAccessNotFound
		}
		return caller{claims: c, initial: stored}, nil
	}
	return caller{}, errTokenType
}

// admitRegistration decides whether the caller may create a client.
func (s *Sandbox) admitRegistration(r *http.Request) (caller, error) {
	who, err := s.admit(r)
	if err != nil {
		return who, err
	}
	switch who.Type {
	case typeBearer:
		if !who.hasRole("create-client") {
			return who, errRoleMissing
		}
		return who, nil
	case typeInitialAccess:
		return who, who.initial.usable(s.now())
	}
	// A registration access token opens no more than no token does.
	return who, errHostNotTrusted
}

// admitView finds the client for a caller who may see it.
func (s *Sandbox) admitView(r *http.Request, id string) (*client, error) {
	who, err := s.admit(r)
	if err != nil {
		return nil, err
	}
	switch who.Type {
	case typeBearer:
		return nil, errRoleMissing
	case typeInitialAccess:
		return nil, errNoInitialToken
	case typeRegistrationAccess:
		if c := s.realm.client(id, who.ID); c != nil {
			return c, nil
		}
	}
	return nil, errViewUnauthorized
}

// admitUpdate finds the client for a caller who may change or delete it.
func (s *Sandbox) admitUpdate(r *http.Request, id string) (*client, error) {
	who, err := s.admit(r)
	if err != nil {
		return nil, err
	}
	switch who.Type {
	case typeBearer:
		return nil, errRoleMissing
	case typeRegistrationAccess:
		if c := s.realm.client(id, who.ID); c != nil {
			return c, nil
		}
	}
	return nil, errUpdateUnauthorized
}
