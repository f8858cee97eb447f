# The image of the agent of chaos experiments: that of fabgitops-operator, with the packet filter's program. From the folder
# that holds uv.lock: docker build -f docker/agent.Dockerfile --build-arg OPERATOR=ghcr.io/fabgitops/fabgitops-operator:X.Y.Z .
#
# OPERATOR is an image of operator.Dockerfile, and BASE what that one runs on: a Debian, out of whose packages the program is.
ARG BASE=docker.io/library/python:3.13.16-slim-bookworm
ARG OPERATOR

FROM ${BASE} AS tools
RUN apt-get update --quiet \
    && apt-get install --yes --quiet --no-install-recommends --download-only iptables \
    && mkdir -p /tools/usr /tools/var/lib/dpkg/status.d \
    && for each in /var/cache/apt/archives/*.deb; do \
           dpkg-deb --extract "$each" /tools \
           && dpkg-deb --field "$each" > "/tools/var/lib/dpkg/status.d/$(dpkg-deb --field "$each" Package)" \
           || exit 1; \
       done
# One of its two flavours, so that it is always the same; what scanners look for says which packages are in the image.
RUN cd /tools \
    && for each in lib sbin; do if [ -d "$each" ]; then mkdir -p usr/$each; cp -a $each/. usr/$each/; rm -r $each; fi; done \
    && rm -rf etc usr/sbin/*legacy* usr/sbin/nfnl_osf usr/bin \
    && find usr/share \( -type f -o -type l \) ! -name copyright -delete && find usr/share -type d -empty -delete \
    && ln -sf xtables-nft-multi usr/sbin/iptables && ln -sf xtables-nft-multi usr/sbin/ip6tables

FROM ${OPERATOR}
ARG VERSION=0+unreleased
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="fabgitops-agent" \
      org.opencontainers.image.description="Holds what chaos experiments inject into the pods of a node." \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
COPY --from=tools /tools /
# It goes into namespaces and control groups of others, for which there is no other way than to be root; which rights of
# root it has says who runs it, and privileged it need not be.
USER 0:0
EXPOSE 8080 8443
CMD ["agent"]
