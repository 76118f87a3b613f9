/** gunicorn's command lines as documentation and well-known projects have them, variables of the shell filled in. */

/** The words after `gunicorn`, and where they were found. */
export type DocumentedLine = readonly [words: string, source: string];

export const GUNICORN_LINES: readonly DocumentedLine[] = [
  ["--workers=2 test:app", "gunicorn.org/run"],
  ["--workers=2 'test:create_app()'", "gunicorn.org/run"],
  ["app:app", "gunicorn.org/quickstart"],
  ["myproject.wsgi", "gunicorn.org/quickstart"],
  ["app:app --worker-class asgi", "gunicorn.org/quickstart"],
  ["app:app --workers 4", "gunicorn.org/quickstart"],
  ["app:app --bind 0.0.0.0:8080", "gunicorn.org/quickstart"],
  ["-w 4 -b 127.0.0.1:4000 myapp:app", "docs.gunicorn.org, README"],
  ["--env DJANGO_SETTINGS_MODULE=myproject.settings myproject.wsgi", "docs.gunicorn.org, run"],
  ["--paste development.ini -b :8080 --chdir .", "docs.gunicorn.org, run"],
  ["-b 127.0.0.1:8000 -b [::1]:8000 test:app", "docs.gunicorn.org, settings: bind"],
  ["--print-config APP_MODULE", "docs.gunicorn.org, configure"],
  ["--check-config APP_MODULE", "docs.gunicorn.org, configure"],
  ["-c python:gunicorn_config app:app", "docs.gunicorn.org, settings: config"],
  ["-c file:gunicorn_config.py app:app", "docs.gunicorn.org, settings: config"],
  ["--reload --reload-extra-file config.yml app:app", "docs.gunicorn.org, settings: reload_extra_files"],
  [
    "--access-logformat '%(h)s - %(r)s' --access-logfile - app:app",
    "docs.gunicorn.org, settings: access_log_format",
  ],
  [
    "--log-config config/logging.cfg --config gunicorn_config.py wsgi:app --preload",
    "boulderpythonorg.readthedocs.io",
  ],
  ["--statsd-host=localhost:8125 --statsd-prefix=service.app app:app", "docs.gunicorn.org, instrumentation"],
  ["--certfile=server.crt --keyfile=server.key test:app", "docs.gunicorn.org, settings: certfile"],
  ["myproject.wsgi:application", "docs.djangoproject.com, howto/deployment/wsgi/gunicorn (1.6)"],
  [
    "myproject.asgi:application -k uvicorn_worker.UvicornWorker",
    "docs.djangoproject.com, howto/deployment/asgi/uvicorn",
  ],
  ["-w 4 'hello:app'", "flask.palletsprojects.com, deploying/gunicorn"],
  ["-w 4 'hello:create_app()'", "flask.palletsprojects.com, deploying/gunicorn"],
  ["-w 4 -b 0.0.0.0 'hello:create_app()'", "flask.palletsprojects.com, deploying/gunicorn"],
  ["-k gevent 'hello:create_app()'", "flask.palletsprojects.com, deploying/gevent"],
  [
    "main:app --workers 4 --worker-class uvicorn.workers.UvicornWorker --bind 0.0.0.0:80",
    "fastapi.tiangolo.com, deployment/server-workers",
  ],
  ["example:app -w 4 -k uvicorn.workers.UvicornWorker", "uvicorn.org, deployment"],
  ["--config gunicorn_config.py gettingstarted.wsgi", "heroku/python-getting-started, Procfile"],
  ["app:app --log-file -", "devcenter.heroku.com, python-gunicorn"],
  ["hello:app --preload --max-requests 1200 --workers 3", "devcenter.heroku.com, python-gunicorn"],
  ["-w 4 -k uvicorn.workers.UvicornWorker main:app", "Procfiles of FastAPI on Heroku"],
  ["--workers=4 --threads=2 app:app", "Procfiles of Flask on Heroku"],
  ["app:app", "render.com/docs/deploy-flask"],
  ["mysite.asgi:application -k uvicorn.workers.UvicornWorker", "render.com/docs/deploy-django"],
  ["wsgi --chdir ./src/", "render.yaml of 4GeeksAcademy"],
  ["main:app", "docs.railway.com, guides/flask"],
  ["--bind :8000 --workers 2 demo.wsgi", "fly.io/docs/django"],
  ["app:app -b 0.0.0.0:8080", "fly.io/docs/python/frameworks/flask"],
  [
    "--bind :8080 --workers 1 --threads 8 --timeout 0 main:app",
    "cloud.google.com/run, quickstart for Python",
  ],
  ["--bind 0.0.0.0:8080 -w 1 --threads 8 --timeout 0 cloudrun_test.wsgi", "kvdomingo/gcp-cloudrun-test"],
  [
    "--bind 0.0.0.0:8080 --workers 2 --threads 8 --log-level debug --capture-output app:app",
    "Dockerfiles for Cloud Run",
  ],
  ["--bind 0.0.0.0:8080 app:app --workers=1 --threads=8", "Dockerfiles for Cloud Run"],
  [
    "--bind 0.0.0.0:8088 --access-logfile - --error-logfile - --workers 1 --worker-class gthread --threads 20 " +
    "--log-level info --timeout 60 --keep-alive 2 --max-requests 0 --max-requests-jitter 0 --limit-request-line 0 " +
    "--limit-request-field_size 0 'superset.app:create_app()'",
    "apache/superset, docker/entrypoints/run-server.sh",
  ],
  [
    "-w 10 -k gevent --worker-connections 1000 --timeout 120 -b 0.0.0.0:8088 --limit-request-line 0 " +
    "--limit-request-field_size 0 'superset.app:create_app()'",
    "superset.apache.org, configuring-superset",
  ],
  [
    "-b 0.0.0.0:5000 --name redash -w4 redash.wsgi:app --max-requests 1000 --max-requests-jitter 100 --timeout 60",
    "getredash/redash, bin/docker-entrypoint",
  ],
  [
    "--bind 0.0.0.0:5050 --timeout 60 --workers 1 --threads 25 --chdir . --access-logfile - pgAdmin4:app",
    "mediacloud/backend, postgresql-pgadmin",
  ],
  [
    "--bind '[::]:8000' --pythonpath . --worker-class 'gthread' --workers 2 --threads 4 --forwarded-allow-ips '*' " +
    "--access-logfile - --error-logfile - netbox.wsgi",
    "SnapServ/docker, netbox",
  ],
  [
    "-k uvicorn.workers.UvicornWorker --workers 4 --timeout 0 --bind 0.0.0.0:7860 --enable-stdio-inheritance " +
    "--access-logfile - 'api.app:create_app()'",
    "a Hugging Face Space, prod.sh",
  ],
  [
    "--worker-tmp-dir /dev/shm --workers=2 --worker-class=gthread --bind 0.0.0.0:8000 config.wsgi",
    "stuartmaxwell/stuartm.nz",
  ],
  [
    "--access-logfile - --workers 3 --bind unix:gunicorn.sock myproject.wsgi:application",
    "systemd units for Django",
  ],
  [
    "--preload -w 4 -t 60 --log-level debug --log-file app.log -p app.pid -b 127.0.0.1:8100 app",
    "gist vorushin/1344938",
  ],
  ["app:app -b 0.0.0.0:8008 -w 1 --worker-class eventlet --no-sendfile", "pastebin.com/APh89Epc"],
  ["-b 0.0.0.0:8000 -w 3 --max-requests 1000 --log-level info project.wsgi", "gist rdegges/1492375"],
  [
    "-k gevent -w 1 -k geventwebsocket.gunicorn.workers.GeventWebSocketWorker module:app",
    "flask-socketio.readthedocs.io",
  ],
  ["-k eventlet -w 1 module:app", "flask-socketio.readthedocs.io"],
  ["-c gunicorn_config.py", "gunicorn.org, wsgi_app of a config"],
  ["", "GUNICORN_CMD_ARGS alone, unit files"],
];
