package registration

// CheckReadOnly takes the members that only the server sets out of an update and
// returns a violation for each that says something else than what is known.
//
// RFC 7592 section 2.2 wants them left out, client_id excepted; but strict
// client libraries and Keycloak's own kcreg.sh alike send back all that they
// read. What equals known changes nothing and is dropped. Of a member that is
// not known nothing can be said; it is dropped too.
func CheckReadOnly(asked *Metadata, clientID string, known *Metadata) []Violation {
	var vs []Violation
	if id, _ := asked.Get("client_id"); id != clientID {
		vs = append(vs, Violation{
			Rule: "client_id", Pointer: "/client_id", Code: InvalidClientMetadata,
			Detail: "an update must carry the client_id that its address has",
		})
	}
	for _, name := range ServerSet {
		if name == "client_id" {
			continue
		}
		sent, there := asked.Get(name)
		if !there {
			continue
		}
		asked.Delete(name)
		// The values are secrets or tell of them: none goes into the violation.
		if is, isKnown := known.Get(name); isKnown && sent != nil && sent != "" && !Equal(sent, is) {
			vs = append(vs, Violation{
				Rule: "read_only", Pointer: Pointer(name), Code: InvalidClientMetadata,
				Detail: "only the server sets this member",
			})
		}
	}
	return vs
}
