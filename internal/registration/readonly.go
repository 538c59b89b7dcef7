package registration

// CheckReadOnly takes the members that only the server sets out of an update and
// returns a violation for each that says something else than what is registered,
// and for a client_id that is not the registered one. strict refuses such members
// whatever they say.
//
// RFC 7592 section 2.2 wants them left out, client_id excepted, and allows a
// client_secret that is the current one; but strict client libraries and
// Keycloak's own kcreg.sh alike send back all that they read. What equals the
// registration changes nothing and is dropped; anything else is refused, a secret
// of a client that has none too. Only of client_id_issued_at nothing may be known:
// Keycloak tells it once, in the answer to the registration. It is dropped then.
func CheckReadOnly(asked, registered *Metadata, strict bool) []Violation {
	var vs []Violation
	if is, known := registered.Get("client_id"); known && !Equal(is, asked.String("client_id")) {
		vs = append(vs, Violation{
			Rule: "client_id", Pointer: "/client_id", Code: InvalidClientMetadata,
			Detail: "an update must carry the client_id that its address has",
		})
	}
	for _, name := range ServerSet {
		sent, there := asked.Get(name)
		if name == "client_id" || !there {
			continue
		}
		asked.Delete(name)
		if sent == nil || sent == "" {
			continue // as good as absent
		}
		is, known := registered.Get(name)
		if (!strict || name == "client_secret") && (known && Equal(sent, is) || !known && name == "client_id_issued_at") {
			continue
		}
		detail := "only the server sets this member"
		if name == "client_secret" { // the one that RFC 7592 lets an update carry
			detail += ": leave it out, or send the current one"
		}
		// The values are secrets or tell of them: none goes into the violation.
		vs = append(vs, Violation{
			Rule: "read_only", Pointer: Pointer(name), Code: InvalidClientMetadata,
			Detail: detail,
		})
	}
	return vs
}
