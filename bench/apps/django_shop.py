"""A Django application as they are: the admin, REST framework, pandas on Arrow, clients of AWS and Sentry; a view that
serializes and renders."""
import boto3
import django
import pandas
import sentry_sdk
from django.conf import settings

APPS = ('admin', 'auth', 'contenttypes', 'sessions', 'messages', 'staticfiles')
MIDDLEWARE = (
    'middleware.security.SecurityMiddleware', 'contrib.sessions.middleware.SessionMiddleware',
    'middleware.common.CommonMiddleware', 'middleware.csrf.CsrfViewMiddleware',
    'contrib.auth.middleware.AuthenticationMiddleware', 'contrib.messages.middleware.MessageMiddleware',
    'middleware.clickjacking.XFrameOptionsMiddleware')
PROCESSORS = ('django.template.context_processors.request', 'django.contrib.auth.context_processors.auth',
              'django.contrib.messages.context_processors.messages')

sentry_sdk.init('http://key@127.0.0.1:9/1')  # nothing listens there; it sends only errors, and there are none
settings.configure(
    DEBUG=False,
    SECRET_KEY='not secret',
    ALLOWED_HOSTS=['*'],
    ROOT_URLCONF=__name__,
    STATIC_URL='static/',
    INSTALLED_APPS=['django.contrib.' + app for app in APPS] + ['rest_framework'],
    MIDDLEWARE=['django.' + middleware for middleware in MIDDLEWARE],
    DATABASES={'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': ':memory:'}},
    TEMPLATES=[{'BACKEND': 'django.template.backends.django.DjangoTemplates', 'APP_DIRS': True,
                'OPTIONS': {'context_processors': list(PROCESSORS)}}],
)
django.setup()

from django.contrib import admin  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.template import engines  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework import serializers, viewsets  # noqa: E402, F401

KEYS = {'region_name': 'eu-west-1', 'aws_access_key_id': 'none', 'aws_secret_access_key': 'none'}
FILES, QUEUE, TABLES = (boto3.client(service, **KEYS) for service in ('s3', 'sqs', 'dynamodb'))
PAGE = engines['django'].from_string(
    '<ul>{% for item in items %}<li>{{ item.name }}: {{ item.price }}</li>{% endfor %}</ul>')
PRICES = pandas.DataFrame({'price': range(1000), 'name': ['item %d' % (i % 20) for i in range(1000)]})
MEAN = PRICES.groupby('name')['price'].mean()


class Item(serializers.Serializer):
    name = serializers.CharField(max_length=40)
    price = serializers.FloatField()


def shop(request):
    items = Item(data=[{'name': 'item %d' % i, 'price': i * 1.5} for i in range(20)], many=True)
    items.is_valid(raise_exception=True)
    return HttpResponse(PAGE.render({'items': items.data}) + '%.1f' % MEAN['item 3'])


urlpatterns = [path('', shop), path('admin/', admin.site.urls)]
app = get_wsgi_application()
