"""The Django application with what the loads ask: /sleep/MS waits as for a database."""
import time

from django.http import HttpResponse
from django.urls import path
from django_shop import app, urlpatterns  # noqa: F401


def sleep(request, ms):
    time.sleep(ms / 1000)
    return HttpResponse('slept %d ms' % ms)


urlpatterns.append(path('sleep/<int:ms>', sleep))
