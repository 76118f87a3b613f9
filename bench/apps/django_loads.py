"""The Django application with what the loads ask: the paths of the test apps' work.py."""
from django.http import HttpResponse
from django.urls import re_path
from django_shop import app, urlpatterns  # noqa: F401
from work import work


def load(request, _):
    status, body = work(request.path)
    return HttpResponse(body, status=status, content_type='text/plain')


urlpatterns.append(re_path('^(sleep|cpu|database)/', load))
