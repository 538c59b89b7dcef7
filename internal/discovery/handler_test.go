package discovery

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

func provisioned(t *testing.T, h Handler) *Handler {
	t.Helper()
	h.RegistrationEndpoint = ours
	ctx, cancel := caddy.NewContext(caddy.Context{Context: t.Context()})
	t.Cleanup(cancel)
	if err := h.Provision(ctx); err != nil {
		t.Fatal(err)
	}
	return &h
}

// Handlers outside look at the request when it is over.
func TestRequestIsPutBack(t *testing.T) {
	t.Parallel()
	failed := errors.New("failed")
	for name, next := range map[string]caddyhttp.HandlerFunc{
		"answer": func(w http.ResponseWriter, r *http.Request) error {
			if r.Method != http.MethodGet || len(r.Header) != 1 {
				t.Errorf("the next handler is asked %s %v", r.Method, r.Header)
			}
			w.Header().Set("Content-Type", "application/json")
			_, err := w.Write([]byte(original))
			return err
		},
		"error": func(http.ResponseWriter, *http.Request) error { return failed },
		"panic": func(http.ResponseWriter, *http.Request) error { panic(failed) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodHead, smart, nil)
			r.Header["If-None-Match"] = []string{`"a"`, `"b"`}
			r.Header["Range"] = []string{"bytes=0-1"}
			r.Header["X"] = []string{"y"}
			want := fmt.Sprint(r.Method, r.Header)
			func() {
				defer func() { // a bug of the next handler's is not ours to hide
					if v := recover(); (v != nil) != (name == "panic") {
						t.Errorf("panic %v", v)
					}
				}()
				if err := provisioned(t, Handler{}).ServeHTTP(w, r, next); errors.Is(err, failed) != (name == "error") {
					t.Errorf("error %v", err)
				}
			}()
			if got := fmt.Sprint(r.Method, r.Header); got != want {
				t.Errorf("the request is %s, was %s", got, want)
			}
			if w.Body.Len() > 0 || name != "answer" && len(w.Result().Header) > 0 {
				t.Errorf("%v %s", w.Result().Header, w.Body)
			}
		})
	}
}

// A handler that says nothing leaves the answer to the server, its headers
// included.
func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	err := provisioned(t, Handler{CORS: true}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, smart, nil),
		caddyhttp.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) error {
			w.Header().Set("X-Said", "nothing")
			w.WriteHeader(http.StatusEarlyHints)
			return nil
		}))
	if err != nil || w.Header().Get("X-Said") != "nothing" || w.Header().Get("Access-Control-Allow-Origin") != "*" || w.Body.Len() > 0 {
		t.Errorf("%v, %v %s", err, w.Header(), w.Body)
	}
}

// An error after half an answer is told of as if there had been none.
func TestErrorAfterHalfAnAnswer(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	err := provisioned(t, Handler{}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, smart, nil),
		caddyhttp.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) error {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write([]byte(original))
			return caddyhttp.Error(http.StatusBadGateway, nil)
		}))
	if err == nil || len(w.Header()) > 0 || w.Body.Len() > 0 {
		t.Errorf("%v, %v %s", err, w.Header(), w.Body)
	}
}

// A caller that is gone is told nothing; whoever cut the connection goes on
// doing so.
func TestCallerIsGone(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	defer func() {
		if v := recover(); v != http.ErrAbortHandler { //nolint:errorlint // a panic value, compared as net/http does
			t.Errorf("panic %v", v)
		}
	}()
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, smart, nil)
	err := provisioned(t, Handler{}).ServeHTTP(httptest.NewRecorder(), r,
		caddyhttp.HandlerFunc(func(http.ResponseWriter, *http.Request) error { panic(http.ErrAbortHandler) }))
	t.Errorf("an answer, %v", err)
}
