# One image for every part of Linkback: `docker run linkback receiver`, `worker`, `serve` …; docker-compose.yml uses it.

FROM python:3.13-slim AS builder
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /venv
WORKDIR /checkout

# Exactly the locked files, and wheels only: nothing is compiled, and nothing that is downloaded runs here.
COPY requirements.lock ./
RUN /venv/bin/pip install --require-hashes --only-binary :all: --requirement requirements.lock

# The lock holds what builds Linkback too; the image has no use for it.
COPY . ./
RUN /venv/bin/pip install --no-deps --no-build-isolation . \
    && /venv/bin/pip uninstall --yes editables hatchling pip


FROM python:3.13-slim
COPY --from=builder /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1

# A user without a name, a home or anything to write to. /data is for `serve`, which brings its own Valkey.
RUN install --directory --owner=10001 --group=10001 --mode=0700 /data
ENV LINKBACK_STORE__DATA_DIR=/data
USER 10001:10001
WORKDIR /data

ENTRYPOINT ["linkback"]
CMD ["serve"]
