module fabgitops.io/interop

go 1.22

require github.com/simonvetter/modbus v1.6.3

require github.com/goburrow/serial v0.1.0 // indirect
