#!/bin/sh
gunicorn "$@"
exit $?
