"""FabGitOps as a process: hears what is declared, lets core look after it, and tells what came of it."""
