# One file, three images: `web` without TensorFlow, `worker` with it for processors, `gpu` with it for NVIDIA's.
FROM python:3.12-slim-bookworm AS base
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 DATA_DIR=/data
RUN useradd --uid 10001 --create-home --home-dir /home/app app && install -d -o app -g app /data
WORKDIR /app
COPY pyproject.toml ./
COPY readerstudy/launcher/constraints.txt readerstudy/launcher/constraints.txt
COPY readerstudy/launcher/requirements.py readerstudy/launcher/requirements.py

FROM base AS web
RUN python readerstudy/launcher/requirements.py s3 oidc > /tmp/requirements.txt \
    && pip install --constraint readerstudy/launcher/constraints.txt --requirement /tmp/requirements.txt
COPY . .
RUN DATA_DIR=/tmp/build python manage.py collectstatic --noinput && install -d /app/staticfiles && cp -r /tmp/build/static/. /app/staticfiles/ && rm -rf /tmp/build
ENV STATIC_ROOT=/app/staticfiles PROMETHEUS_MULTIPROC_DIR=/tmp/metrics
USER 10001
EXPOSE 8000
CMD ["gunicorn", "readerstudy.wsgi", "--bind", "0.0.0.0:8000", "--workers", "3", "--threads", "4", "--keep-alive", "75", "--no-control-socket"]

FROM base AS worker
RUN python readerstudy/launcher/requirements.py worker s3 oidc > /tmp/requirements.txt \
    && pip install --constraint readerstudy/launcher/constraints.txt --requirement /tmp/requirements.txt
COPY . .
USER 10001
CMD ["celery", "-A", "readerstudy", "worker", "--concurrency", "1", "-Q", "work,train"]

FROM base AS gpu
RUN python readerstudy/launcher/requirements.py gpu s3 oidc > /tmp/requirements.txt \
    && pip install --constraint readerstudy/launcher/constraints.txt --requirement /tmp/requirements.txt
COPY . .
USER 10001
CMD ["celery", "-A", "readerstudy", "worker", "--concurrency", "1", "-Q", "train"]
