"""The command line of the operator without a cluster: `fabgitops-operator standalone ...`.

It stands under the operator's own (`fabgitops_operator.app`), whose configuration it takes.
"""

from cyclopts import App

from fabgitops_operator.standalone.commands.entering import certificate, kubeconfig, token
from fabgitops_operator.standalone.commands.keeping import accept, backup, check, restore
from fabgitops_operator.standalone.commands.running import healthy, standalone, unit

app = App(name="standalone", help_format="plaintext")
app.default(standalone)
for each in (certificate, token, kubeconfig, accept, check, backup, restore, unit, healthy):
    app.command(each)

__all__ = ["app"]
