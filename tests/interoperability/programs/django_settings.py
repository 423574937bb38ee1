"""Settings of a Django site that takes webmentions by two libraries; its database and host are in the environment."""

import os

ALLOWED_HOSTS = ["127.0.0.1"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["DJANGO_DATABASE"]}}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "mentions", "webmention"]
ROOT_URLCONF = "django_urls"
SECRET_KEY = "for nobody"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
USE_TZ = True

# django-wm
DOMAIN_NAME = os.environ.get("DJANGO_HOST")
WEBMENTIONS = {"AUTO_APPROVE": True, "URL_SCHEME": "http", "USE_CELERY": False}
