# The worker, the gateway and the `signoff` command, from the locked runtime dependencies; no build tools stay in the image.
# To hold the base by its digest as well: --build-arg PYTHON=python:3.13.14-slim-bookworm@sha256:...
ARG PYTHON=python:3.13.14-slim-bookworm

FROM ${PYTHON} AS build
WORKDIR /src
COPY requirements/ requirements/
RUN python -m venv /tools \
 && /tools/bin/pip install --no-cache-dir --require-hashes -r requirements/bootstrap.txt \
 && /tools/bin/uv venv --python "$(command -v python)" /app \
 && /tools/bin/uv pip install --no-cache --compile-bytecode --python /app/bin/python --require-hashes -r requirements/runtime.txt
COPY pyproject.toml README.md LICENSE worker.py ./
COPY signoff/ signoff/
COPY workflows/ workflows/
COPY activities/ activities/
COPY starter/ starter/
RUN /tools/bin/uv build --wheel --no-build-isolation --python /tools/bin/python --out-dir /dist \
 && /tools/bin/uv pip install --offline --no-cache --compile-bytecode --python /app/bin/python --no-deps /dist/*.whl

FROM ${PYTHON}
RUN python -m pip uninstall --yes --root-user-action ignore pip \
 && rm -rf /usr/local/lib/python3.13/ensurepip \
 && groupadd --gid 10001 signoff \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/signoff --shell /usr/sbin/nologin signoff \
 && install -d -o signoff -g signoff -m 0750 /var/lib/signoff
COPY --from=build /app /app
# Without PYTHONSAFEPATH a file in the state folder could stand in for a module.
ENV PATH=/app/bin:$PATH \
    PYTHONSAFEPATH=1 \
    SIGNOFF_STATE_DIR=/var/lib/signoff \
    SIGNOFF_HEALTH_ADDRESS=127.0.0.1:8081 \
    SIGNOFF_LOG_FORMAT=json
USER 10001:10001
WORKDIR /var/lib/signoff
VOLUME /var/lib/signoff
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s CMD ["python", "-m", "signoff.probe", "http://127.0.0.1:8081/ready"]
CMD ["python", "-m", "worker"]
