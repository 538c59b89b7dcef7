package token

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// keyServer answers within the process, so that it works in a synctest bubble.
type keyServer struct {
	mu       sync.Mutex
	body     []byte
	down     bool
	delay    time.Duration
	requests int
}

func (s *keyServer) serve(keys ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.body, s.down = jwks(keys...), false
}

func (s *keyServer) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = true
}

func (s *keyServer) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

func (s *keyServer) RoundTrip(req *http.Request) (*http.Response, error) {
	s.mu.Lock()
	s.requests++
	body, down, delay := s.body, s.down, s.delay
	s.mu.Unlock()
	select {
	case <-time.After(delay):
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
	if down {
		return nil, errors.New("connection refused")
	}
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(bytes.NewReader(body)), Request: req}, nil
}

// remote makes key source and verifier in a synctest bubble, whose clock starts
// in 2000 and moves only while everyone waits.
func remote(t *testing.T, server *keyServer, onError func(error)) (*RemoteJWKS, *JWT) {
	t.Helper()
	keys, err := NewRemoteJWKS("https://portal.example.org/jwks", &http.Client{Transport: server}, time.Now, onError)
	if err != nil {
		t.Fatal(err)
	}
	return keys, newVerifier(t, keys, nil) // verifies at testNow, whatever the bubble's time
}

func es256(kid string) string {
	return sign("ES256", ecKey(), fmt.Sprintf(`{"alg":"ES256","kid":%q}`, kid), goodClaims())
}

func named(kid string) string { return publicJWK(ecKey(), fmt.Sprintf(`,"kid":%q`, kid)) }

func TestRemoteJWKSRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := new(keyServer)
		server.serve(named("k1"))
		keys, v := remote(t, server, func(err error) { t.Error(err) })
		ctx, cancel := context.WithCancel(t.Context())
		keys.Start(ctx)
		synctest.Wait()
		if server.count() != 1 {
			t.Fatalf("%d requests after the start, want 1", server.count())
		}
		for range 100 {
			_, err := verify(t, v, es256("k1"))
			admitted.check(t, err)
		}
		if server.count() != 1 {
			t.Errorf("%d requests after verifying known keys, want 1", server.count())
		}

		// In the background, every 15 minutes give or take a tenth.
		time.Sleep(13 * time.Minute)
		if server.count() != 1 {
			t.Errorf("refreshed too early")
		}
		time.Sleep(4 * time.Minute)
		if server.count() != 2 {
			t.Errorf("%d requests after 17 minutes, want 2", server.count())
		}

		cancel()
		time.Sleep(time.Hour)
		if server.count() != 2 {
			t.Errorf("fetched after it was stopped")
		}
		_, err := verify(t, v, es256("k1"))
		admitted.check(t, err)
	})
}

func TestRemoteJWKSUnknownKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := new(keyServer)
		server.serve(named("k1"))
		keys, v := remote(t, server, func(err error) { t.Error(err) })
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		keys.Start(ctx)
		synctest.Wait()

		// A new key is found at once.
		server.serve(named("k1"), named("k2"))
		_, err := verify(t, v, es256("k2"))
		admitted.check(t, err)
		if server.count() != 2 {
			t.Fatalf("%d requests, want 2", server.count())
		}

		// Made-up names cause no request for ten seconds, and then one.
		unknown := outcome{ErrInvalid, "unknown key"}
		for i := range 100 {
			_, err := verify(t, v, es256(fmt.Sprint("made-up-", i)))
			unknown.check(t, err)
		}
		time.Sleep(9999 * time.Millisecond)
		_, err = verify(t, v, es256("made-up"))
		unknown.check(t, err)
		if server.count() != 2 {
			t.Fatalf("%d requests within ten seconds, want 2", server.count())
		}
		time.Sleep(time.Millisecond)
		for i := range 100 {
			_, err := verify(t, v, es256(fmt.Sprint("made-up-", i)))
			unknown.check(t, err)
		}
		if server.count() != 3 {
			t.Errorf("%d requests after ten seconds, want 3", server.count())
		}

		// A stranger's token is not even looked up.
		time.Sleep(time.Minute)
		stranger := sign("ES256", ecKey(), `{"alg":"ES256","kid":"x"}`, `{"iss":"https://evil.example"}`)
		_, err = verify(t, v, stranger)
		outcome{ErrNotMine, "issuer"}.check(t, err)
		if server.count() != 3 {
			t.Errorf("%d requests after a stranger's token, want 3", server.count())
		}

		// A withdrawn key is gone with the next set, and so is the last one.
		server.serve()
		time.Sleep(17 * time.Minute)
		_, err = verify(t, v, es256("k1"))
		unknown.check(t, err)
	})
}

func TestRemoteJWKSServedStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := new(keyServer)
		server.serve(named("k1"))
		var failures atomic.Int32
		keys, v := remote(t, server, func(error) { failures.Add(1) })
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		keys.Start(ctx)
		synctest.Wait()

		server.stop()
		time.Sleep(24 * time.Hour)
		if failures.Load() == 0 || failures.Load() > 120 {
			t.Errorf("%d failures in a day, want some, less and less often", failures.Load())
		}
		_, err := verify(t, v, es256("k1"))
		admitted.check(t, err)
		// It may be the key that the issuer has changed to.
		for range 2 { // the second is too soon to be looked for
			_, err = verify(t, v, es256("k2"))
			outcome{ErrUnavailable, "moment"}.check(t, err)
		}

		server.serve(named("k2"))
		time.Sleep(15 * time.Minute)
		_, err = verify(t, v, es256("k2"))
		admitted.check(t, err)
		_, err = verify(t, v, es256("k1"))
		outcome{ErrInvalid, "unknown key"}.check(t, err)
	})
}

func TestRemoteJWKSStartedWhileServerIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := new(keyServer)
		server.stop()
		var failures atomic.Int32
		keys, v := remote(t, server, func(error) { failures.Add(1) })
		unavailable := outcome{ErrUnavailable, "moment"}

		_, err := verify(t, v, es256("k1"))
		unavailable.check(t, err) // before Start
		if server.count() != 0 {
			t.Fatal("fetched before Start")
		}

		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		keys.Start(ctx)
		synctest.Wait()
		for range 100 {
			_, err := verify(t, v, es256("k1"))
			unavailable.check(t, err)
		}
		if server.count() != 1 || failures.Load() != 1 {
			t.Errorf("%d requests, %d failures told; want one", server.count(), failures.Load())
		}

		// Requests try again every five seconds, the background less and less often.
		time.Sleep(time.Minute)
		before := server.count()
		_, err = verify(t, v, es256("k1"))
		unavailable.check(t, err)
		if server.count() != before+1 {
			t.Errorf("%d requests, want %d", server.count(), before+1)
		}
		server.serve(named("k1"))
		_, err = verify(t, v, es256("k1"))
		unavailable.check(t, err) // too soon
		time.Sleep(5 * time.Second)
		_, err = verify(t, v, es256("k1"))
		admitted.check(t, err)
	})
}

func TestRemoteJWKSRecoversByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := new(keyServer)
		server.stop()
		keys, v := remote(t, server, nil)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		keys.Start(ctx)
		synctest.Wait()
		server.serve(named("k1"))
		time.Sleep(5 * time.Second)
		synctest.Wait()
		server.stop() // so that the request below cannot be what fetched
		_, err := verify(t, v, es256("k1"))
		admitted.check(t, err)
	})
}

func TestRemoteJWKSOneFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &keyServer{delay: 3 * time.Second}
		server.serve(named("k1"))
		keys, v := remote(t, server, func(err error) { t.Error(err) })
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		keys.Start(ctx)
		synctest.Wait()

		// One of those who wait gives up, and waits no longer, while the fetch goes on.
		impatient, giveUp := context.WithTimeout(t.Context(), time.Second)
		defer giveUp()
		began := time.Now()
		var waiters sync.WaitGroup
		waiters.Go(func() {
			_, err := v.Verify(impatient, es256("k1"))
			outcome{ErrUnavailable, "moment"}.check(t, err)
			if time.Since(began) != time.Second {
				t.Errorf("gave up after %v, want 1s", time.Since(began))
			}
		})
		for range 50 {
			waiters.Go(func() {
				_, err := v.Verify(t.Context(), es256("k1"))
				admitted.check(t, err)
			})
		}
		waiters.Wait()
		if server.count() != 1 || time.Since(began) != 3*time.Second {
			t.Errorf("%d requests in %v, want one in 3s", server.count(), time.Since(began))
		}
	})
}

// The first to ask hangs up; the fetch is not his alone.
func TestRemoteJWKSFetchOutlivesItsCause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := new(keyServer)
		server.serve(named("k1"))
		keys, v := remote(t, server, func(err error) { t.Error(err) })
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		keys.Start(ctx)
		synctest.Wait()

		server.mu.Lock()
		server.delay = 3 * time.Second
		server.mu.Unlock()
		server.serve(named("k1"), named("k2"))
		first, hangUp := context.WithTimeout(t.Context(), time.Second)
		defer hangUp()
		var waiters sync.WaitGroup
		waiters.Go(func() { _, _ = v.Verify(first, es256("k2")) })
		synctest.Wait()
		waiters.Go(func() {
			_, err := v.Verify(t.Context(), es256("k2"))
			admitted.check(t, err)
		})
		// Known keys do not wait for it.
		began := time.Now()
		_, err := verify(t, v, es256("k1"))
		admitted.check(t, err)
		if time.Since(began) != 0 {
			t.Error("a known key waited for the fetch")
		}
		waiters.Wait()
	})
}

func TestRemoteJWKSStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &keyServer{delay: time.Hour}
		keys, v := remote(t, server, func(err error) { t.Errorf("told of %v after the stop", err) })
		ctx, cancel := context.WithCancel(t.Context())
		keys.Start(ctx)
		var waiters sync.WaitGroup
		waiters.Go(func() {
			_, err := v.Verify(t.Context(), es256("k1"))
			outcome{ErrUnavailable, "moment"}.check(t, err)
		})
		synctest.Wait()
		cancel()
		waiters.Wait()
		// The bubble ends only when the last goroutine in it has.
	})
}

func TestRemoteJWKSTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told atomic.Int32
		server := &keyServer{delay: time.Hour}
		keys, _ := remote(t, server, func(err error) {
			told.Add(1)
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v, want a timeout", err)
			}
		})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		keys.Start(ctx)
		time.Sleep(10*time.Second + time.Millisecond)
		if told.Load() != 1 {
			t.Errorf("told of %d failures after ten seconds, want 1", told.Load())
		}
	})
}

func TestRemoteJWKSAnswers(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(jwks(named("k1"))) }))
	t.Cleanup(elsewhere.Close)
	mux := http.NewServeMux()
	write := func(status int, body []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			w.Write(body)
		}
	}
	good := jwks(named("k1"))
	mux.HandleFunc("/good", write(200, good))
	mux.HandleFunc("/long", write(200, append(bytes.Repeat([]byte(" "), 1<<20-len(good)), good...)))
	mux.HandleFunc("/too-long", write(200, append(bytes.Repeat([]byte(" "), 1<<20-len(good)+1), good...)))
	mux.HandleFunc("/missing", write(404, good))
	mux.HandleFunc("/created", write(201, good))
	mux.HandleFunc("/html", write(200, []byte("<html>")))
	mux.HandleFunc("/cut", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "9999")
		w.Write(good)
	})
	mux.HandleFunc("/mixed", write(200, jwks(octJWK(`,"kid":"o"`), privateJWK(ec384Key()), `{"kty":"AKP","alg":"ML-DSA-44"}`, named("k1"))))
	mux.Handle("/redirect", http.RedirectHandler("/good", http.StatusFound))
	mux.Handle("/loop", http.RedirectHandler("/loop", http.StatusFound))
	mux.Handle("/away", http.RedirectHandler(elsewhere.URL, http.StatusFound))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)

	for _, tt := range []struct {
		path   string
		usable bool
		told   string // "" for nothing
	}{
		{"/good", true, ""},
		{"/long", true, ""},
		{"/redirect", true, ""},
		{"/mixed", true, "private or symmetric"},
		{"/too-long", false, "longer than"},
		{"/missing", false, "status 404"},
		{"/created", false, "status 201"},
		{"/html", false, "not a JSON Web Key Set"},
		{"/cut", false, "unexpected EOF"},
		{"/loop", false, "too often"},
		{"/away", false, "another origin"},
	} {
		t.Run(tt.path[1:], func(t *testing.T) {
			t.Parallel()
			told := make(chan error, 8)
			address := server.URL + tt.path + "?key=hidden"
			keys, err := NewRemoteJWKS(address, server.Client(), at, func(err error) { told <- err })
			if err != nil {
				t.Fatal(err)
			}
			keys.Start(t.Context())
			_, err = newVerifier(t, keys, nil).Verify(t.Context(), es256("k1"))
			if tt.usable {
				admitted.check(t, err)
			} else {
				outcome{ErrUnavailable, "moment"}.check(t, err)
			}

			if tt.told == "" {
				if len(told) > 0 {
					t.Errorf("told of %v", <-told)
				}
				return
			}
			if err := <-told; !strings.Contains(err.Error(), tt.told) || strings.Contains(err.Error(), "hidden") {
				t.Errorf("told of %v, want …%s… and no query", err, tt.told)
			}
		})
	}
}

// A symmetric key out of a public set verifies nothing, whatever its name.
func TestRemoteJWKSSymmetricKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := new(keyServer)
		server.serve(octJWK(`,"kid":"o"`), named("k1"))
		keys, v := remote(t, server, nil)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		keys.Start(ctx)
		_, err := verify(t, v, sign("HS256", testSecret, `{"alg":"HS256","kid":"o"}`, goodClaims()))
		outcome{ErrInvalid, "algorithm"}.check(t, err)
		_, err = verify(t, v, es256("o"))
		outcome{ErrInvalid, "unknown key"}.check(t, err)
	})
}

func TestNewRemoteJWKS(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		address string
		want    string // "" for no error
	}{
		{"https://portal.example.org/jwks.json", ""},
		{"https://portal.example.org:8443/jwks?tenant=1", ""},
		{"http://localhost:8080/jwks", ""},
		{"http://127.0.0.1:8080/jwks", ""},
		{"http://[::1]:8080/jwks", ""},
		{"http://portal.example.org/jwks", "https"},
		{"http://127.0.0.1.example.org/jwks", "https"},
		{"ftp://portal.example.org/jwks", "https"},
		{"file:///etc/jwks.json", "no host"},
		{"/etc/jwks.json", "no host"},
		{"", "no host"},
		{"https://user:hidden@portal.example.org/jwks", "user name"},
		{"https://user:hidden@portal.example.org:x/jwks", "not a URL"},
	} {
		t.Run(tt.address, func(t *testing.T) {
			t.Parallel()
			_, err := NewRemoteJWKS(tt.address, nil, nil, nil)
			if tt.want == "" && err != nil {
				t.Errorf("got %v, want none", err)
			}
			if tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "hidden")) {
				t.Errorf("got %v, want …%s…", err, tt.want)
			}
		})
	}
}

// signedBy is a good token of a key, with that header.
func signedBy(key any, alg, header string) string { return sign(alg, key, header, goodClaims()) }

// Where keys have no names, or tokens name none, what the keys do not verify may be of
// the next one.
func TestRemoteJWKSNamelessRotation(t *testing.T) {
	first, second := ecKey(), must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	const nameless, withKid = `{"alg":"ES256"}`, `{"alg":"ES256","kid":"k"}`
	for name, tt := range map[string]struct {
		before, after []string
		alg, header   string
		key           any
	}{
		"one key":                      {[]string{publicJWK(first, "")}, []string{publicJWK(second, "")}, "ES256", nameless, second},
		"one key, tokens with a kid":   {[]string{publicJWK(first, "")}, []string{publicJWK(second, "")}, "ES256", withKid, second},
		"names that tokens do not say": {[]string{publicJWK(first, `,"kid":"a"`)}, []string{publicJWK(second, `,"kid":"b"`)}, "ES256", nameless, second},
		"a name from now on":           {[]string{publicJWK(first, "")}, []string{publicJWK(first, `,"kid":"j"`), publicJWK(second, `,"kid":"k"`)}, "ES256", withKid, second},
		"several keys": {
			[]string{publicJWK(first, ""), publicJWK(ec384Key(), "")},
			[]string{publicJWK(second, ""), publicJWK(ec384Key(), "")},
			"ES256", nameless, second,
		},
		"another type":     {[]string{publicJWK(ec384Key(), "")}, []string{publicJWK(second, "")}, "ES256", nameless, second},
		"one again of two": {[]string{publicJWK(first, ""), publicJWK(second, "")}, []string{publicJWK(second, "")}, "ES256", nameless, second},
		"all withdrawn":    {nil, []string{publicJWK(second, "")}, "ES256", nameless, second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := new(keyServer)
				server.serve(tt.before...)
				keys, v := remote(t, server, func(err error) { t.Error(err) })
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				keys.Start(ctx)
				synctest.Wait()
				server.serve(tt.after...)
				_, err := verify(t, v, signedBy(tt.key, tt.alg, tt.header))
				admitted.check(t, err)
				if server.count() != 2 {
					t.Errorf("%d requests, want 2", server.count())
				}
			})
		})
	}
}

// Bad signatures cause no more than made-up names do, whichever of the two it is.
func TestRemoteJWKSBadSignatures(t *testing.T) {
	forger := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	synctest.Test(t, func(t *testing.T) {
		server := new(keyServer)
		server.serve(publicJWK(ecKey(), ""))
		keys, v := remote(t, server, func(err error) { t.Error(err) })
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		keys.Start(ctx)
		synctest.Wait()
		bad := outcome{ErrInvalid, "signature"}
		for round := range 3 {
			for i := range 20 {
				_, err := verify(t, v, signedBy(forger, "ES256", `{"alg":"ES256"}`))
				bad.check(t, err)
				_, err = verify(t, v, signedBy(forger, "ES256", fmt.Sprintf(`{"alg":"ES256","kid":"made-up-%d"}`, i)))
				bad.check(t, err)
			}
			if want := 2 + round; server.count() != want {
				t.Errorf("%d requests after %d rounds, want %d", server.count(), round+1, want)
			}
			time.Sleep(10 * time.Second)
		}
	})
}

// A name that is known says which key it is: a bad signature is one.
func TestRemoteJWKSBadSignatureOfNamedKey(t *testing.T) {
	forger := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	synctest.Test(t, func(t *testing.T) {
		server := new(keyServer)
		server.serve(named("k1"))
		keys, v := remote(t, server, nil)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		keys.Start(ctx)
		synctest.Wait()
		server.stop()
		_, err := verify(t, v, signedBy(forger, "ES256", `{"alg":"ES256","kid":"k1"}`))
		outcome{ErrInvalid, "signature"}.check(t, err)
		if server.count() != 1 {
			t.Errorf("%d requests, want 1", server.count())
		}
	})
}

// While the key server is down, nobody knows whether a signature is bad or of the
// next key; once it answers, one does.
func TestRemoteJWKSNamelessOutage(t *testing.T) {
	second := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	synctest.Test(t, func(t *testing.T) {
		server := new(keyServer)
		server.serve(publicJWK(ecKey(), ""))
		keys, v := remote(t, server, nil)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		keys.Start(ctx)
		synctest.Wait()
		server.stop()
		of := func(key any) string { return signedBy(key, "ES256", `{"alg":"ES256"}`) }
		for range 2 { // the second is too soon to be looked for
			_, err := verify(t, v, of(second))
			outcome{ErrUnavailable, "moment"}.check(t, err)
		}
		_, err := verify(t, v, of(ecKey()))
		admitted.check(t, err)
		if server.count() != 2 {
			t.Errorf("%d requests, want 2", server.count())
		}

		server.serve(publicJWK(ecKey(), ""))
		time.Sleep(10 * time.Second)
		_, err = verify(t, v, of(second))
		outcome{ErrInvalid, "signature"}.check(t, err)

		// Who waits for a fetch and hangs up is told nothing about the token.
		server.mu.Lock()
		server.delay = 3 * time.Second
		server.mu.Unlock()
		time.Sleep(10 * time.Second)
		impatient, giveUp := context.WithTimeout(t.Context(), time.Second)
		defer giveUp()
		_, err = v.Verify(impatient, of(second))
		outcome{ErrUnavailable, "moment"}.check(t, err)
		began := time.Now()
		_, err = verify(t, v, of(ecKey())) // a good one does not wait
		admitted.check(t, err)
		if time.Since(began) != 0 {
			t.Error("a good signature waited for the fetch")
		}
		time.Sleep(5 * time.Second)
	})
}
