# The worker, the gateway and the `signoff` command, from the locked runtime dependencies; no build tools stay in the image.
FROM python:3.13-slim-bookworm AS build
WORKDIR /src
COPY requirements/ requirements/
RUN python -m venv /app \
 && /app/bin/pip install --no-cache-dir --require-hashes -r requirements/bootstrap.txt \
 && /app/bin/uv pip install --no-cache --compile-bytecode --python /app/bin/python --require-hashes -r requirements/runtime.txt
COPY pyproject.toml README.md LICENSE worker.py ./
COPY signoff/ signoff/
COPY workflows/ workflows/
COPY activities/ activities/
COPY starter/ starter/
RUN /app/bin/uv pip install --no-cache --compile-bytecode --python /app/bin/python --no-deps . \
 && /app/bin/uv pip uninstall --python /app/bin/python uv pip

FROM python:3.13-slim-bookworm
RUN useradd --create-home --uid 10001 signoff && install -d -o signoff /var/lib/signoff
COPY --from=build /app /app
ENV PATH=/app/bin:$PATH SIGNOFF_STATE_DIR=/var/lib/signoff SIGNOFF_LOG_FORMAT=json
USER signoff
WORKDIR /var/lib/signoff
VOLUME /var/lib/signoff
CMD ["python", "-m", "worker"]
