# syntax=docker/dockerfile:1
# Two stages: the first builds from the lock file with hashes, the second has nothing to build with.

FROM python:3.13-slim AS build
WORKDIR /src
RUN python -m venv /opt/omilia-monitor
COPY requirements/run.txt requirements/run.txt
RUN /opt/omilia-monitor/bin/pip install --no-cache-dir --require-hashes -r requirements/run.txt
COPY pyproject.toml README.md LICENSE ./
COPY monitor monitor
COPY alerts alerts
RUN /opt/omilia-monitor/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.13-slim
LABEL org.opencontainers.image.title="omilia-monitor" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --gid 10001 monitor \
    && useradd --uid 10001 --gid monitor --no-create-home --home-dir /data monitor \
    && install --directory --owner=monitor --group=monitor /data
COPY --from=build /opt/omilia-monitor /opt/omilia-monitor
ENV PATH=/opt/omilia-monitor/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    OMILIA_MONITOR_CONFIG=/etc/omilia-monitor/omilia-monitor.yml
USER monitor
WORKDIR /data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
# The daemon's own health: Omilia's outage never restarts it.
HEALTHCHECK --interval=15s --timeout=3s --start-period=15s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/livez', timeout=2)"]
ENTRYPOINT ["omilia-monitor"]
CMD ["run"]
