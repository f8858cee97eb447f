// kfake serves the protocol of Kafka, one broker on loopback, as franz-go's own tests do: for tests of what publishes
// events. It keeps what it took in a folder, so that it can be killed and started again.
package main

import (
	"crypto/tls"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/twmb/franz-go/pkg/kfake"
)

func main() {
	port := flag.Int("port", 0, "TCP port on 127.0.0.1; 0 is a free one")
	folder := flag.String("dir", "", "folder of what it keeps")
	topics := flag.String("topics", "", "topics that there are from the start, with commas between")
	partitions := flag.Int("partitions", 4, "partitions of a topic")
	certificate := flag.String("tls", "", "PEM file with the certificate that it shows, and its key; none serves in plain")
	largest := flag.String("largest", "1048588", "bytes of the largest batch that it takes")
	flag.Parse()

	options := []kfake.Opt{
		kfake.NumBrokers(1),
		kfake.Ports(*port),
		kfake.DefaultNumPartitions(*partitions),
		kfake.BrokerConfigs(map[string]string{"message.max.bytes": *largest}),
	}
	if *folder != "" {
		options = append(options, kfake.DataDir(*folder), kfake.SyncWrites())
	}
	if *topics != "" {
		options = append(options, kfake.SeedTopics(int32(*partitions), strings.Split(*topics, ",")...))
	}
	if *certificate != "" {
		pair, err := tls.LoadX509KeyPair(*certificate, *certificate)
		fail(err)
		options = append(options, kfake.TLS(&tls.Config{Certificates: []tls.Certificate{pair}}))
	}
	cluster, err := kfake.NewCluster(options...)
	fail(err)
	fmt.Println(cluster.ListenAddrs()[0])

	told := make(chan os.Signal, 1)
	signal.Notify(told, os.Interrupt, syscall.SIGTERM)
	<-told
	cluster.Close()
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
