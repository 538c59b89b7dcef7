package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"strings"
)

// serveUpstream is the authorization server: it answers every request on the
// address with the reply for its method, as it was told on its standard input. It
// ends when it is killed.
func serveUpstream(address string) error {
	var replies map[string][]byte
	if err := json.NewDecoder(os.Stdin).Decode(&replies); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", address) //nolint:noctx // for as long as the process lives
	if err != nil {
		return err
	}
	for {
		conn, err := listener.Accept()
		if err != nil {
			return err
		}
		go func() {
			if err := answerAll(conn, replies); !errors.Is(err, io.EOF) {
				// The gateway's answer to this is an error that the load generator sees.
				_ = conn.Close()
			}
		}()
	}
}

func answerAll(conn net.Conn, replies map[string][]byte) error {
	defer conn.Close()
	r := bufio.NewReader(conn)
	for {
		first, err := readMessage(r, nil)
		if err != nil {
			return err
		}
		method, _, _ := strings.Cut(first, " ")
		if _, err := conn.Write(replies[method]); err != nil {
			return err
		}
	}
}
