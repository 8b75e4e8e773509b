#!/bin/sh
# Locks the dependencies for every supported Python and platform.
#   bootstrap.txt  uv and the build backend, which pip installs: what builds the image, and no more
#   dev.txt        everything: what runs, the local stack, and the tools
#   runtime.txt    what a production worker and gateway need, and no more
set -eu
uv=$1
compile() {
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --no-header --no-annotate "$@"
}
{ echo uv; echo hatchling; } | compile --upgrade - --output-file requirements/bootstrap.txt
compile --upgrade pyproject.toml --extra gateway --extra tracing --output-file requirements/runtime.txt
{ echo hatchling; echo uv; echo editables; } | compile --upgrade pyproject.toml --extra local --extra tracing --group dev - --output-file requirements/dev.txt
