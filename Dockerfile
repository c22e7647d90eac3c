# Builds one static program and ships nothing else: no shell, no packages, no users but a number.
#
#   docker build -t credence .          (buildah bud --format docker keeps the health check)

FROM docker.io/library/rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
# The target is always named, so that build scripts and macros are not built static; it is the machine's
# own, x86_64 or aarch64, without assumptions on its vector units.
RUN target="$(rustc --version --verbose | sed -n 's/^host: //p')" \
    && RUSTFLAGS='-C target-feature=+crt-static' \
        cargo build --release --locked --bin credence --target "$target" \
    && mkdir -p /image/data \
    && cp "target/$target/release/credence" /image/credence

FROM scratch
COPY --from=build /image/credence /credence
# A fresh named volume takes its owner from here.
COPY --from=build --chown=10001:10001 /image/data /data
ENV CREDENCE_DATA=/data CREDENCE_LOG_FORMAT=json
USER 10001:10001
VOLUME /data
EXPOSE 50051
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["/credence", "healthcheck"]
ENTRYPOINT ["/credence"]
CMD ["serve"]
