// Telegraf with nothing but its Modbus input, for `./dev bench`: reads the configuration file that it is given.
package main

import (
	"context"
	"log"
	"os"

	"github.com/influxdata/telegraf/agent"
	"github.com/influxdata/telegraf/config"
	_ "github.com/influxdata/telegraf/plugins/inputs/modbus"
	_ "github.com/influxdata/telegraf/plugins/outputs/discard"
)

func main() {
	loaded := config.NewConfig()
	if err := loaded.LoadConfig(os.Args[1]); err != nil {
		log.Fatal(err)
	}
	if err := agent.NewAgent(loaded).Run(context.Background()); err != nil {
		log.Fatal(err)
	}
}
