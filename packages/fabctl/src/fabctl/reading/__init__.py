"""Files of manifests as kubectl reads them, with where each field stands; all but this file is the operator's."""
