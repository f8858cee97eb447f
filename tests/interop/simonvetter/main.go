// A Modbus server made of github.com/simonvetter/modbus, for the interoperation tests: prints its port, serves until its
// standard input ends. With three arguments (certificate, key, the CA of its clients) it serves TLS.
//
// Every table has 200 places: input registers hold their address + 1000, discrete inputs are on at every third address,
// holding registers and coils hold 0 at first.
package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"sync"
	"time"

	"github.com/simonvetter/modbus"
)

const places = 200

type tables struct {
	lock    sync.Mutex
	coils   [places]bool
	holding [places]uint16
}

func span(address, quantity uint16) (int, int, error) {
	first, last := int(address), int(address)+int(quantity)
	if last > places {
		return 0, 0, modbus.ErrIllegalDataAddress
	}
	return first, last, nil
}

func (t *tables) HandleCoils(request *modbus.CoilsRequest) ([]bool, error) {
	first, last, err := span(request.Addr, request.Quantity)
	if err != nil {
		return nil, err
	}
	t.lock.Lock()
	defer t.lock.Unlock()
	if request.IsWrite {
		copy(t.coils[first:last], request.Args)
	}
	return append([]bool(nil), t.coils[first:last]...), nil
}

func (t *tables) HandleHoldingRegisters(request *modbus.HoldingRegistersRequest) ([]uint16, error) {
	first, last, err := span(request.Addr, request.Quantity)
	if err != nil {
		return nil, err
	}
	t.lock.Lock()
	defer t.lock.Unlock()
	if request.IsWrite {
		copy(t.holding[first:last], request.Args)
	}
	return append([]uint16(nil), t.holding[first:last]...), nil
}

func (t *tables) HandleDiscreteInputs(request *modbus.DiscreteInputsRequest) ([]bool, error) {
	first, last, err := span(request.Addr, request.Quantity)
	var bits []bool
	for place := first; place < last; place++ {
		bits = append(bits, place%3 == 0)
	}
	return bits, err
}

func (t *tables) HandleInputRegisters(request *modbus.InputRegistersRequest) ([]uint16, error) {
	first, last, err := span(request.Addr, request.Quantity)
	var words []uint16
	for place := first; place < last; place++ {
		words = append(words, uint16(place+1000))
	}
	return words, err
}

// freePort returns a port that nobody had a moment ago: the library does not tell the one that it was given.
func freePort() int {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

func serve(port int) error {
	configuration := &modbus.ServerConfiguration{
		URL:        fmt.Sprintf("tcp://127.0.0.1:%d", port),
		Timeout:    time.Minute,
		MaxClients: 5,
		Logger:     log.New(io.Discard, "", 0),
	}
	if len(os.Args) == 4 {
		pair, err := tls.LoadX509KeyPair(os.Args[1], os.Args[2])
		if err != nil {
			log.Fatal(err)
		}
		clients, err := modbus.LoadCertPool(os.Args[3])
		if err != nil {
			log.Fatal(err)
		}
		configuration.URL = fmt.Sprintf("tcp+tls://127.0.0.1:%d", port)
		configuration.TLSServerCert, configuration.TLSClientCAs = &pair, clients
	}
	server, err := modbus.NewServer(configuration, &tables{})
	if err != nil {
		log.Fatal(err)
	}
	return server.Start()
}

func main() {
	port := freePort()
	for serve(port) != nil { // somebody else was faster
		port = freePort()
	}
	fmt.Println(port)
	io.Copy(io.Discard, os.Stdin)
}
