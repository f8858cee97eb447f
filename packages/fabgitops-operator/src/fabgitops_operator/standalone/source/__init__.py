"""Where manifests come from: a folder, or Git; read as kubectl reads them, and taken as a whole or not at all."""
