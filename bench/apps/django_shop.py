"""A typical Django application: REST framework, pandas, boto3 and Sentry, a view that serializes and renders."""
import boto3  # noqa: F401
import django
import pandas
import sentry_sdk  # noqa: F401
from django.conf import settings

settings.configure(
    DEBUG=False,
    SECRET_KEY='not secret',
    ALLOWED_HOSTS=['*'],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=['django.contrib.contenttypes', 'django.contrib.auth', 'rest_framework'],
    MIDDLEWARE=['django.middleware.common.CommonMiddleware', 'django.middleware.security.SecurityMiddleware'],
    TEMPLATES=[{'BACKEND': 'django.template.backends.django.DjangoTemplates'}],
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.template import engines  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework import serializers  # noqa: E402

PAGE = engines['django'].from_string(
    '<ul>{% for item in items %}<li>{{ item.name }}: {{ item.price }}</li>{% endfor %}</ul>')
PRICES = pandas.DataFrame({'price': range(1000)})


class Item(serializers.Serializer):
    name = serializers.CharField(max_length=40)
    price = serializers.FloatField()


def shop(request):
    items = Item(data=[{'name': 'item %d' % i, 'price': i * 1.5} for i in range(20)], many=True)
    items.is_valid(raise_exception=True)
    return HttpResponse(PAGE.render({'items': items.data}) + '%.1f' % PRICES['price'].mean())


urlpatterns = [path('', shop)]
app = get_wsgi_application()
