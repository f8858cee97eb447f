// flux-health prints how Flux sees each of the objects in a JSON list on standard input: without an argument by kstatus,
// else by the healthCheckExprs in the JSON file of that name.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"github.com/fluxcd/pkg/apis/kustomize"
	"github.com/fluxcd/pkg/runtime/cel"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	compute := status.Compute
	if len(arguments) == 1 {
		text, err := os.ReadFile(arguments[0])
		if err != nil {
			return err
		}
		var expressions kustomize.HealthCheckExpressions
		if err := json.Unmarshal(text, &expressions); err != nil {
			return err
		}
		evaluator, err := cel.NewStatusEvaluator(&expressions)
		if err != nil {
			return err
		}
		compute = func(object *unstructured.Unstructured) (*status.Result, error) {
			return evaluator.Evaluate(context.Background(), object)
		}
	}
	var objects []*unstructured.Unstructured
	if err := json.NewDecoder(os.Stdin).Decode(&objects); err != nil {
		return err
	}
	for _, object := range objects {
		result, err := compute(object)
		if err != nil {
			return err
		}
		fmt.Println(result.Status)
	}
	return nil
}
