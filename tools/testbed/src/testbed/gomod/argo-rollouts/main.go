// kubectl-argo-rollouts is the kubectl plugin of Argo Rollouts, put together of its own commands as they are shipped:
// all that look at Rollouts or change them. Without lint, create, dashboard and notifications it is a third less to build.
package main

import (
	"os"

	"github.com/argoproj/argo-rollouts/pkg/kubectl-argo-rollouts/cmd/abort"
	"github.com/argoproj/argo-rollouts/pkg/kubectl-argo-rollouts/cmd/get"
	"github.com/argoproj/argo-rollouts/pkg/kubectl-argo-rollouts/cmd/list"
	"github.com/argoproj/argo-rollouts/pkg/kubectl-argo-rollouts/cmd/pause"
	"github.com/argoproj/argo-rollouts/pkg/kubectl-argo-rollouts/cmd/promote"
	"github.com/argoproj/argo-rollouts/pkg/kubectl-argo-rollouts/cmd/restart"
	"github.com/argoproj/argo-rollouts/pkg/kubectl-argo-rollouts/cmd/retry"
	"github.com/argoproj/argo-rollouts/pkg/kubectl-argo-rollouts/cmd/set"
	"github.com/argoproj/argo-rollouts/pkg/kubectl-argo-rollouts/cmd/status"
	"github.com/argoproj/argo-rollouts/pkg/kubectl-argo-rollouts/cmd/terminate"
	"github.com/argoproj/argo-rollouts/pkg/kubectl-argo-rollouts/cmd/undo"
	"github.com/argoproj/argo-rollouts/pkg/kubectl-argo-rollouts/options"
	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
)

func main() {
	o := options.NewArgoRolloutsOptions(genericclioptions.IOStreams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr})
	root := &cobra.Command{Use: "kubectl-argo-rollouts", SilenceUsage: true, PersistentPreRunE: o.PersistentPreRunE}
	o.AddKubectlFlags(root)
	for _, command := range []func(*options.ArgoRolloutsOptions) *cobra.Command{
		abort.NewCmdAbort, get.NewCmdGet, list.NewCmdList, pause.NewCmdPause, promote.NewCmdPromote,
		restart.NewCmdRestart, retry.NewCmdRetry, set.NewCmdSet, status.NewCmdStatus, terminate.NewCmdTerminate,
		undo.NewCmdUndo,
	} {
		root.AddCommand(command(o))
	}
	if root.Execute() != nil {
		os.Exit(1)
	}
}
