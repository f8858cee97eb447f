"""A Git repository as the source, by the git program: fetched into a bare repository, read from its object store."""
