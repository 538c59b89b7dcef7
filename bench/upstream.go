package main

import (
	"bufio"
	"errors"
	"io"
	"net"
	"os"
)

// serveUpstream is the authorization server: it answers every request on the
// address with the reply that it was given on its standard input. It ends when
// it is killed.
func serveUpstream(address string) error {
	reply, err := io.ReadAll(os.Stdin)
	if err != nil {
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
			if err := answerAll(conn, reply); !errors.Is(err, io.EOF) {
				// The gateway's answer to this is an error that the load generator sees.
				_ = conn.Close()
			}
		}()
	}
}

func answerAll(conn net.Conn, reply []byte) error {
	defer conn.Close()
	r := bufio.NewReader(conn)
	for {
		if _, err := readMessage(r, nil); err != nil {
			return err
		}
		if _, err := conn.Write(reply); err != nil {
			return err
		}
	}
}
