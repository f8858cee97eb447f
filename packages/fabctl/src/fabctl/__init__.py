"""Git vs. reality on the terminal: the command line of FabGitOps.

app        the commands by name, and the one place where an error becomes a line and an exit code
options    what several commands take
commands   one file each
cluster    Kubernetes, by lightkube, which nothing else imports
model      what an object says, whatever it holds; pure
registers  the same of each register of a map
fields     the same of a single field
render     what is shown; rich, which nothing else imports, only where there is a terminal
errors     everything that can go wrong, each a line that says what to do
"""
