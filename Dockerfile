# syntax=docker/dockerfile:1
# Two stages: the first compiles, the last holds nothing but the binary, to be copied into your own image:
#
#   docker build -t gunicorn-autoscaler:0.1.0 .
#
#   FROM python:3.13-slim
#   COPY --from=gunicorn-autoscaler:0.1.0 /gunicorn-autoscaler /usr/local/bin/
#
# The binary needs glibc: Debian and Ubuntu images, slim ones too, but not Alpine.

FROM --platform=$BUILDPLATFORM denoland/deno:2.7.11 AS build
ARG TARGETARCH
WORKDIR /src
# Dependencies first: they change less often than the code.
COPY deno.json deno.lock ./
COPY main.ts ./
COPY src src
COPY probe probe
COPY tasks tasks
COPY packaging packaging
RUN case "$TARGETARCH" in arm64) processor=aarch64 ;; *) processor=x86_64 ;; esac \
    && deno run -A packaging/compile.ts --target "$processor-unknown-linux-gnu" --output dist/gunicorn-autoscaler

FROM scratch
COPY --from=build /src/dist/gunicorn-autoscaler /gunicorn-autoscaler
