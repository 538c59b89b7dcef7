package smartregistration

import "time"

// A test that edits a file does not wait for ten seconds.
func init() { fileInterval = 10 * time.Millisecond }
