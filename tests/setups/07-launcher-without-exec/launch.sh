#!/bin/sh
# As an entry point of an image: something before, gunicorn as a child, something after.
gunicorn "$@"
code=$?
echo "gunicorn has ended"
exit $code
