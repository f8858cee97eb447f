# The image of fabgitops-operator. From the folder that holds uv.lock: docker build -f docker/operator.Dockerfile .
# Every image named here can be replaced by one of your own: --build-arg BASE=registry.example.com/python:3.13
#
# BASE is what the program runs on: any image with Python 3.11 or newer and its system libraries; a shell is not needed.
# BUILDER is what it is built on: the same Python at the same path, and a shell.
ARG BASE=docker.io/library/python:3.13.16-slim-bookworm
ARG BUILDER=${BASE}
ARG UV=ghcr.io/astral-sh/uv:0.13.8

FROM ${UV} AS uv
# podman removes the image of a stage that adds nothing when it keeps no layers, and that would be UV itself.
WORKDIR /

FROM ${BUILDER} AS builder
COPY --from=uv /uv /usr/local/bin/uv
# Bytecode is trusted without looking at its source, which nobody can change in an image: that starts faster, and it does
# not depend on the time of the build. PYTHONHASHSEED makes it the same each time.
ENV UV_PROJECT_ENVIRONMENT=/app UV_PYTHON_DOWNLOADS=never UV_PYTHON=python3 UV_LINK_MODE=copy \
    PYC_INVALIDATION_MODE=UNCHECKED_HASH PYTHONHASHSEED=0
WORKDIR /source
COPY . .
# Behind a proxy with a CA of its own: --secret id=ca,src=/etc/ssl/certs/ca-certificates.crt
RUN --mount=type=cache,target=/root/.cache/uv --mount=type=secret,id=ca \
    if [ -e /run/secrets/ca ]; then export SSL_CERT_FILE=/run/secrets/ca; fi \
    && uv sync --locked --no-dev --no-editable --no-default-groups --package fabgitops-operator \
    --extra certificate --extra kafka --extra nats --extra otel
# What only installers read goes, because it holds the time of the build. Then everything is compiled, always in one order.
RUN rm -f /app/.lock /app/lib/python3.*/site-packages/*.dist-info/uv_cache.json \
    && sed -i '/uv_cache\.json,/d' /app/lib/python3.*/site-packages/*.dist-info/RECORD \
    && /app/bin/python -m compileall -q -f --invalidation-mode unchecked-hash /app/lib
# Where an operator without a cluster keeps its state: a volume that is put there takes over whose it is.
RUN mkdir -m 0700 /state

FROM ${BASE}
ARG VERSION=0+unreleased
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="fabgitops-operator" \
      org.opencontainers.image.description="Keeps what PLCs hold equal to what Git says." \
      org.opencontainers.image.source="https://github.com/fabgitops/fabgitops" \
      org.opencontainers.image.documentation="https://github.com/fabgitops/fabgitops/blob/main/docker/README.md" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.vendor="The FabGitOps authors" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
COPY --from=builder /app /app
COPY --from=builder --chown=65532:65532 /state /state
ENV STATE_DIRECTORY=/state
ENV PATH=/app/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 65532:65532
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["/app/bin/fabgitops-operator", "healthy"]
ENTRYPOINT ["/app/bin/fabgitops-operator"]
CMD ["run"]
