# docker build -t mobility-check .
# docker run --rm --network none -v "$PWD/footage:/footage:ro" -v "$PWD/results:/results" mobility-check batch /footage -o /results
FROM python:3.12-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY models ./models
COPY mobility_check ./mobility_check
RUN python -m venv /opt/mobility-check \
 && /opt/mobility-check/bin/pip install --no-cache-dir '.[batch,postgres]'

FROM python:3.12-slim
# What mediapipe and its OpenCV link to, although nothing is ever shown here.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends libgl1 libegl1 libgles2 libglib2.0-0 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 10001 mobility \
 && mkdir /results \
 && chown mobility /results
COPY --from=build /opt/mobility-check /opt/mobility-check
USER mobility
WORKDIR /home/mobility
ENV PATH=/opt/mobility-check/bin:$PATH \
    PYTHONUNBUFFERED=1
# Measures a bundled clip once, so that an image in which anything is missing is never finished.
RUN mobility-check doctor
ENTRYPOINT ["mobility-check"]
CMD ["--help"]
