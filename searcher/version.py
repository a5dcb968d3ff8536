"""The version of the package, in one place for the program and the manifests it writes."""

VERSION = "0.1.0"
MADE_BY = f"searcher {VERSION}"
