package smart

// Outcome is what became of a scope in a translation.
type Outcome uint8

const (
	OutcomeUnknown   Outcome = iota // the server offers nothing that means it, or nothing that is part of it
	OutcomeSame                     // the server offers it, spelled like that
	OutcomeEqual                    // the server offers it in other words: patient/*.rs for patient/*.read
	OutcomeExpanded                 // the server offers parts of it: patient/Goal.rs and others for patient/*.rs
	OutcomeOverLimit                // the server offers more parts of it than are allowed, or the list takes too long
)

// outcomeNames is indexed by Outcome.
var outcomeNames = [...]string{
	OutcomeUnknown: "unknown", OutcomeSame: "same", OutcomeEqual: "equal",
	OutcomeExpanded: "expanded", OutcomeOverLimit: "over_limit",
}

// String returns the outcome in one word, for logs and explanations.
func (o Outcome) String() string { return outcomeNames[o] }

// Translation is what became of one decided scope.
type Translation struct {
	Token   string // as it was decided
	Outcome Outcome
	// Offered is what the server calls it: one scope if Same or Equal, one or
	// more if Expanded, none otherwise. Together they never grant more than
	// Token; if Expanded they mostly grant less, since types do not add up to the
	// wildcard.
	Offered []string
}

// Translate puts decided scopes into the words of the server, one result for
// each, in order: as the scope itself where the server offers it; else as the
// offered one that means exactly the same; else, if most is positive, as those
// that are part of it, up to most for each decided scope. Of the parts only as
// many are chosen as it takes to grant what all of them do, spelled in the
// syntax of the scope where the server offers both. Where many scopes of a list are
// looked for among many, the last of them are OutcomeOverLimit, whatever there is.
//
// Scopes other than resource scopes have one spelling and no parts.
func (o *Offered) Translate(decided []string, most int) []Translation {
	translations := make([]Translation, len(decided))
	looks := 0
	for i, token := range decided {
		var ready bool
		if translations[i], ready = o.whole(token); ready || most <= 0 {
			continue
		}
		if looks > maxLooks {
			translations[i].Outcome = OutcomeOverLimit
			continue
		}
		var n int
		translations[i], n = o.parts(token, most)
		looks += n
	}
	return translations
}

// whole translates a scope as one; false where it could have parts.
func (o *Offered) whole(token string) (t Translation, ready bool) {
	if o.Has(token) {
		return Translation{token, OutcomeSame, []string{token}}, true
	}
	scope := Parse(token)
	if scope.Kind != Resource {
		return Translation{Token: token}, true
	}
	if names, ok := o.spellings[scope.meaning()]; ok {
		return Translation{token, OutcomeEqual, []string{names.in(scope.Syntax)}}, true
	}
	return Translation{Token: token}, false
}

// parts translates a scope as those that are part of it.
func (o *Offered) parts(token string, most int) (t Translation, looks int) {
	parts, looks := o.expand(Parse(token), most)
	switch {
	case len(parts) == 0:
		return Translation{Token: token}, looks
	case len(parts) > most:
		return Translation{Token: token, Outcome: OutcomeOverLimit}, looks
	}
	return Translation{token, OutcomeExpanded, parts}, looks
}

// Translated returns the offered scopes of all translations, in order, each
// once: what is sent to the server.
func Translated(translations []Translation) []string {
	tokens := newDistinct(len(translations))
	for _, t := range translations {
		for _, token := range t.Offered {
			tokens.add(token)
		}
	}
	return tokens.list
}
